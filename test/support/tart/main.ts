/**
 * A `tart` that behaves as the real one does at its command line, for machines that have none: state on disk,
 * a real foreground `run`, `exec` into a sandbox directory. Called as `main.ts DIRECTORY ARGUMENT…` by the shim that
 * `install.ts` writes. Commands this project does not use end with 64 and "not simulated".
 */
import { Failure } from './failure.ts';
import { faultFor, logCall, strike, violationsOf } from './faults.ts';
import { type Double, openDouble } from './settings.ts';
import { collectGarbage } from './tmp.ts';

type Command = (double: Double, argv: readonly string[]) => Promise<void>;

/** Loaded one by one, so that a call costs little more than Node's own start. */
const COMMANDS: Record<string, () => Promise<Command>> = {
  list: async () => (await import('./inspect.ts')).list,
  get: async () => (await import('./inspect.ts')).get,
  fqn: async () => (await import('./inspect.ts')).fqn,
  set: async () => (await import('./inspect.ts')).set,
  clone: async () => (await import('./clone.ts')).clone,
  pull: async () => (await import('./clone.ts')).pull,
  run: async () => (await import('./run.ts')).run,
  exec: async () => (await import('./exec.ts')).exec,
  stop: async () => (await import('./stop.ts')).stop,
  delete: async () => (await import('./stop.ts')).remove,
};

async function main(dir: string, argv: readonly string[]): Promise<void> {
  logCall(dir, argv);
  const [command = '--help', ...rest] = argv;
  const double = openDouble(dir);
  const fault = faultFor(double, argv);
  if (fault !== undefined && !fault.isAfter) await strike(fault);
  const violations = violationsOf(argv);
  if (violations.length > 0) throw new Failure(`tart double: forbidden here: ${violations.join(' ')}`, 64);
  if (command === '--version') process.stdout.write(`${double.settings.version}\n`);
  else if (command === '--help') process.stdout.write('OVERVIEW: a double of tart\n');
  else {
    const load = COMMANDS[command];
    if (load === undefined) throw new Failure(`tart double: ${command} is not simulated`, 64);
    if (!['clone', 'pull', 'run'].includes(command)) collectGarbage(double);
    await (await load())(double, rest);
  }
  if (fault?.isAfter) await strike(fault);
}

try {
  const [, , dir = '', ...argv] = process.argv;
  await main(dir, argv);
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  process.stderr.write(`${error.message}\n`, () => process.exit(error.exitCode));
}
