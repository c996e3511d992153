/**
 * A `tart` that behaves as the real one does at its command line, for machines that have none: state on disk,
 * a real foreground `run`, `exec` into a sandbox directory, a registry to pull from. Called as
 * `main.ts DIRECTORY ARGUMENT…` by the shim that `install.ts` writes.
 */
import { cancelled, Failure, invalidInBody } from './failure.ts';
import { faultFor, logCall, strike, violationsOf } from './faults.ts';
import { type Double, isSince, openDouble } from './settings.ts';
import { collectGarbage } from './tmp.ts';

type Command = (double: Double, argv: readonly string[]) => Promise<void>;

interface Entry {
  /** Loaded one by one, so that a call costs little more than Node's own start. */
  readonly load: () => Promise<Command>;
  readonly since?: string;
}

const COMMANDS: Record<string, Entry> = {
  create: { load: async () => (await import('./create.ts')).create },
  clone: { load: async () => (await import('./clone.ts')).clone },
  run: { load: async () => (await import('./run.ts')).run },
  set: { load: async () => (await import('./set.ts')).set },
  get: { load: async () => (await import('./inspect.ts')).get },
  list: { load: async () => (await import('./inspect.ts')).list },
  login: { load: async () => (await import('./login.ts')).login },
  logout: { load: async () => (await import('./login.ts')).logout },
  ip: { load: async () => (await import('./ip.ts')).ip },
  exec: { load: async () => (await import('./exec.ts')).exec, since: '2.27.0' },
  pull: { load: async () => (await import('./pull.ts')).pull },
  push: { load: async () => (await import('./push.ts')).push },
  import: { load: async () => (await import('./archive.ts')).importVm },
  export: { load: async () => (await import('./archive.ts')).exportVm },
  prune: { load: async () => (await import('./prune.ts')).prune },
  rename: { load: async () => (await import('./archive.ts')).rename },
  stop: { load: async () => (await import('./stop.ts')).stop },
  suspend: { load: async () => (await import('./stop.ts')).suspend },
  delete: { load: async () => (await import('./stop.ts')).remove },
  fqn: { load: async () => (await import('./inspect.ts')).fqn },
};

/** These leave others' temporary files alone; `run` sweeps when it has read its command line. */
const SWEEPS_NOT = ['clone', 'pull', 'run'];

async function main(dir: string, argv: readonly string[]): Promise<void> {
  logCall(dir, argv);
  // As the process table shows the real one.
  process.title = [`${dir}/tart`, ...argv].join(' ');
  const [command = '--help', ...rest] = argv;
  const double = openDouble(dir);
  const fault = faultFor(double, argv);
  if (fault !== undefined && !fault.isAfter) await strike(fault);
  const violations = double.settings.allowsHostAccess ? [] : violationsOf(argv);
  if (violations.length > 0) throw new Failure(`tart double: forbidden here: ${violations.join(' ')}`, 64);
  if (command === '--version') process.stdout.write(`${double.settings.version}\n`);
  else if ([command, rest[0]].some((word) => word === '--help' || word === '-h')) {
    process.stdout.write('OVERVIEW: a double of tart\n');
  } else {
    const entry = COMMANDS[command];
    if (entry === undefined || !isSince(double, entry.since ?? '0')) {
      throw invalidInBody(
        command.startsWith('-') ? `Unknown option '${command}'` : `Unexpected argument '${command}'`,
      );
    }
    process.on('SIGINT', () => fail(cancelled()));
    const work = await entry.load();
    if (!SWEEPS_NOT.includes(command)) collectGarbage(double);
    await work(double, rest);
  }
  if (fault?.isAfter) await strike(fault);
}

function fail(failure: Failure): void {
  process.stderr.write(`${failure.message}\n`, () => process.exit(failure.exitCode));
}

try {
  const [, , dir = '', ...argv] = process.argv;
  await main(dir, argv);
  // A handler of signals does not keep a command that is done alive, but a running VM's server does.
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  fail(error);
}
