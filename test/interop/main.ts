/**
 * `npm run interop`: sets the simulators against software that others wrote. `--json` prints one line, `--only=NAME`
 * runs one suite; progress goes to standard error. Ends with 1 when a check failed. docs/interop.md says what each
 * suite proves.
 */
import { parseArgs } from 'node:util';
import { exitCodeOf, jsonOf, tableOf } from './report.ts';
import { runSuite, type Suite, type SuiteResult } from './suite.ts';
import { suite as actRunner } from './suites/act-runner.ts';
import { suite as gitlabTartExecutor } from './suites/gitlab-tart-executor.ts';
import { suite as openapi } from './suites/openapi.ts';
import { suite as scaleset } from './suites/scaleset.ts';
import { suite as tartDriver } from './suites/tart-driver.ts';
import { suite as webhooks } from './suites/webhooks.ts';

const SUITES: readonly Suite[] = [scaleset, actRunner, gitlabTartExecutor, tartDriver, openapi, webhooks];

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, only: { type: 'string' } },
});

const chosen = SUITES.filter(({ name }) => name === (values.only ?? name));
if (chosen.length > 0) {
  process.exitCode = await interop(chosen);
} else {
  const names = SUITES.map(({ name }) => name).join(', ');
  process.stderr.write(`interop: there is no suite ${values.only}; there are ${names}\n`);
  process.exitCode = 2;
}

async function interop(suites: readonly Suite[]): Promise<number> {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => interrupted.abort(new Error(`interrupted by ${signal}`)));
  }
  const results: SuiteResult[] = [];
  for (const suite of suites) {
    const say = (line: string): void => {
      process.stderr.write(`${suite.name}: ${line}\n`);
    };
    results.push(await runSuite(suite, say, interrupted.signal));
  }
  process.stdout.write(`${values.json ? jsonOf(results) : tableOf(results)}\n`);
  return exitCodeOf(results);
}
