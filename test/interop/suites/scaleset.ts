/**
 * GitHub's own scale set client and listener (github.com/actions/scaleset) against the simulated GitHub. The checks are
 * written in Go, where GitHub's client lives; here each gets a GitHub of its own, and a yard to play runners in.
 */
import * as z from 'zod';
import { failureOf } from '../../../src/lib/command-failure.ts';
import { parseJson } from '../../../src/lib/parse-json.ts';
import { run } from '../../../src/lib/run.ts';
import { type AppKey, createAppKey } from '../../support/github/app-key.ts';
import { startGitHub } from '../../support/github/start.ts';
import { buildGo, goModVersion, missingForGo } from '../go-build.ts';
import { openRunnerYard } from '../runner-yard.ts';
import type { Suite } from '../suite.ts';

const MODULE = { name: 'scaleset' };
const TOKEN = 'ghp_simulated-personal-access-token';
const APP = { clientId: 'Iv23interop', installationId: 4242 };

export const suite: Suite = {
  name: 'scaleset',
  program: 'github.com/actions/scaleset',
  missing: (signal) => missingForGo(MODULE, signal),
  version: () => goModVersion('scaleset', 'github.com/actions/scaleset'),
  async checks({ signal }) {
    const program = await buildGo(MODULE, signal);
    const key = createAppKey();
    const { stdout } = await run(program, ['list'], { timeoutMs: 60_000, signal });
    const names = stdout.trim().split('\n');
    return names.map((name) => ({ name, run: (context) => judge(program, name, key, context.signal) }));
  },
};

const verdictSchema = z.object({ ok: z.boolean(), detail: z.string() });

async function judge(program: string, check: string, key: AppKey, signal: AbortSignal): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const { clientId, installationId } = APP;
  const github = await startGitHub({
    holdMs: 300,
    app: { issuers: [clientId], installationId, publicKeyPem: key.publicKeyPem },
    pats: { [TOKEN]: 'admin' },
    groups: [{ name: 'macs' }],
  });
  stack.defer(() => github.close());
  const yard = await openRunnerYard();
  stack.defer(() => yard.close());
  const scene = {
    check,
    origin: github.origin,
    yard: yard.url,
    token: TOKEN,
    app: { ...APP, privateKey: key.privateKeyPem },
  };
  const { ok, detail } = parseJson(verdictSchema, await runHarness(program, JSON.stringify(scene), signal));
  if (!ok) throw new Error(detail);
}

/** @throws with the first line that the harness said when it did not come to a verdict, as when GitHub's client crashes */
async function runHarness(program: string, input: string, signal: AbortSignal): Promise<string> {
  try {
    return (await run(program, ['run'], { input, timeoutMs: 120_000, signal })).stdout;
  } catch (error) {
    const said = failureOf(error)?.stderr.split('\n')[0];
    throw said ? new Error(`no verdict: ${said}`, { cause: error }) : error;
  }
}
