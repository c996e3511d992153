/** The program: runs what the command line names, turns its result into an exit code and an error into three lines. */
import { locations } from '../config/locations.ts';
import { EXIT } from './command.ts';
import type { Context } from './context.ts';
import { exitCodeOf, explain } from './errors.ts';
import { dispatch } from './parser.ts';
import { createScreen } from './screen.ts';
import { isInterruption, watchSignals } from './signals.ts';

/** Runs the command that the process was started with. Never throws; returns the exit code. */
export async function main(host: NodeJS.Process): Promise<number> {
  const { env, platform } = host;
  const signals = watchSignals(host);
  const context: Context = {
    env,
    platform,
    signal: signals.signal,
    nowMs: Date.now,
    out: createScreen(host.stdout, env),
    err: createScreen(host.stderr, env),
    locations: () => locations(env, platform),
    daemon: async () => {
      const { createDaemon } = await import('./daemon.ts');
      return createDaemon(locations(env, platform).socket, signals.signal);
    },
  };
  try {
    return await dispatch(host.argv.slice(2), context);
  } catch (error) {
    if (isInterruption(error, signals.signal)) {
      context.err.print('Interrupted.');
      return EXIT.failed;
    }
    context.err.print(explain(error, context.err.paint));
    return exitCodeOf(error);
  } finally {
    signals.release();
  }
}
