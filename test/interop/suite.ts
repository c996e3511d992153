/**
 * What an interoperability suite is, and how one is run. A suite sets our simulators against a program, a client or a
 * description that others wrote. A suite joins by exporting `suite` from `suites/NAME.ts` and by its line in `main.ts`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface CheckContext {
  /** Aborts at the check's deadline and when the whole run is interrupted. */
  readonly signal: AbortSignal;
}

export interface Check {
  /** A sentence that says what holds, unique in its suite. */
  readonly name: string;
  /** Throws when it does not hold; the message says what was seen instead. */
  readonly run: (context: CheckContext) => Promise<void>;
  /** Default 120,000: for what hangs, not for a machine with others at work. */
  readonly timeoutMs?: number;
}

export interface SuiteContext {
  readonly signal: AbortSignal;
  /** Undone in reverse order after the last check, whatever happened: servers, processes. */
  readonly stack: AsyncDisposableStack;
  /** An empty directory of this run, removed at its end. */
  readonly directory: string;
  /** A line of progress for people. */
  readonly say: (line: string) => void;
}

export interface Suite {
  readonly name: string;
  /** The other's program, as its authors call it. */
  readonly program: string;
  /** What is needed and missing here, in one sentence, or null. The suite is then skipped with that line. */
  readonly missing: (signal: AbortSignal) => Promise<string | null>;
  /** Of the other's program, read from go.mod or package.json. */
  readonly version: () => Promise<string>;
  /** Sets up (builds, starts) and names the checks, which then run one after another in this order. */
  readonly checks: (context: SuiteContext) => Promise<readonly Check[]>;
}

interface CheckResult {
  readonly name: string;
  readonly ms: number;
  /** Null when it passed. */
  readonly failure: string | null;
}

export interface SuiteResult {
  readonly name: string;
  readonly program: string;
  readonly version: string;
  readonly checks: readonly CheckResult[];
  /** Why nothing was checked, or null. */
  readonly skipped: string | null;
}

/** Runs one suite to its end. A set-up that fails is a failed check of its own; an interruption is thrown. */
export async function runSuite(
  suite: Suite,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<SuiteResult> {
  const about = { name: suite.name, program: suite.program, version: await suite.version() };
  const missing = await suite.missing(signal);
  if (missing !== null) {
    say(`skipped: ${missing}`);
    return { ...about, checks: [], skipped: missing };
  }
  const directory = await mkdtemp(join(tmpdir(), 'macrunner-interop-'));
  const results: CheckResult[] = [];
  const note = (result: CheckResult): void => {
    results.push(result);
    say(`${result.failure === null ? 'ok  ' : 'FAIL'} ${result.name} (${Math.round(result.ms)} ms)`);
    if (result.failure !== null) say(`     ${result.failure.replaceAll('\n', '\n     ')}`);
  };
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  const setUp: { checks: readonly Check[] } = { checks: [] };
  const prepare = async (): Promise<void> => {
    setUp.checks = await suite.checks({ signal, stack, directory, say });
  };
  const prepared = await runCheck({ name: 'the suite is set up', run: prepare, timeoutMs: 300_000 }, signal);
  if (prepared.failure !== null) note(prepared);
  for (const check of setUp.checks) note(await runCheck(check, signal));
  return { ...about, checks: results, skipped: null };
}

async function runCheck(check: Check, interrupted: AbortSignal): Promise<CheckResult> {
  const { name, timeoutMs = 120_000 } = check;
  interrupted.throwIfAborted();
  const deadline = AbortSignal.timeout(timeoutMs);
  const signal = AbortSignal.any([interrupted, deadline]);
  const begin = performance.now();
  try {
    await Promise.race([check.run({ signal }), whenAborted(signal)]);
    return { name, ms: performance.now() - begin, failure: null };
  } catch (error) {
    interrupted.throwIfAborted();
    const failure = deadline.aborted ? `not done after ${timeoutMs / 1_000} s` : messageOf(error);
    return { name, ms: performance.now() - begin, failure };
  }
}

function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
