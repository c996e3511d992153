/** Starts the agent, in a terminal or under launchd, where this machine can run VMs at all. */
import { existsSync } from 'node:fs';
import { loadConfig } from '../config/load.ts';
import { hasCode, MacrunnerError } from '../core/error.ts';
import { canRunVms } from '../host/facts.ts';
import { EXIT } from './command.ts';
import type { Context } from './context.ts';
import { programVersion } from './version.ts';

/**
 * Serves until the signal aborts.
 *
 * @throws {@link MacrunnerError} `host-unfit` where no VM can run, and what the agent throws
 */
export async function serveAgent(context: Context, logTo: 'file' | 'terminal'): Promise<number> {
  const lacks = canRunVms();
  if (lacks.length > 0 && !hasTartOfItsOwn(context)) {
    throw new MacrunnerError('host-unfit', 'this machine cannot run macOS VMs', {
      cause: new Error(lacks.join('; ')),
      hint: 'install macrunner on a Mac; to see it work on this machine, `npm run demo` in a checkout',
    });
  }
  // Loaded here: it brings everything, and `serve --help` must not wait for it.
  const { runAgent } = await import('../daemon/agent.ts');
  const { env, signal } = context;
  await runAgent({ locations: context.locations(), env, signal, logTo, version: programVersion() });
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
