/** Starts the agent, where this machine can run VMs at all. */
import { existsSync } from 'node:fs';
import { loadConfig } from '../config/load.ts';
import { hasCode, MacrunnerError } from '../core/error.ts';
import { canRunVms } from '../host/facts.ts';
import { EXIT } from './command.ts';
import type { Context } from './context.ts';
import { programVersion } from './version.ts';

/** @throws {@link MacrunnerError} `host-unfit` where no VM can run, with where to see it work */
export function assertCanServe(context: Context): void {
  const lacks = canRunVms();
  if (lacks.length === 0 || hasTartOfItsOwn(context)) return;
  throw new MacrunnerError('host-unfit', 'this machine cannot run macOS VMs', {
    cause: new Error(lacks.join('; ')),
    hint: 'install macrunner on a Mac; to see it work on this machine, `npm run demo` in a checkout',
  });
}

/** Serves until the signal aborts, and returns the exit code. The log goes to its file. */
export async function serveAgent(context: Context): Promise<number> {
  // Loaded here: it brings everything, and `serve --help` must not wait for it.
  const { runAgent } = await import('../daemon/agent.ts');
  const { env, signal } = context;
  await runAgent({ locations: context.locations(), env, signal, logTo: 'file', version: programVersion() });
  return EXIT.ok;
}

/** A `tart` that the configuration names by its path is taken at its word, whatever the machine: the demo has one. */
function hasTartOfItsOwn({ locations, env }: Context): boolean {
  try {
    const { tart } = loadConfig({ locations: locations(), env }).config.host;
    return tart.includes('/') && existsSync(tart);
  } catch (error) {
    // Nothing is configured here, and the machine is the first thing to say. A bad configuration is said as it is.
    if (hasCode(error, 'usage') || (hasCode(error, 'config-invalid') && !existsSync(locations().config)))
      return false;
    throw error;
  }
}
