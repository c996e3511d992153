/** Starts the agent, in a terminal or under launchd, where this machine can run VMs at all. */
import { EXIT } from './command.ts';
import type { Context } from './context.ts';
import { programVersion } from './version.ts';

/** Serves until the signal aborts. @returns the exit code */
export async function serveAgent(
  { locations, env, signal }: Context,
  logTo: 'file' | 'terminal',
): Promise<number> {
  // Loaded here: it brings everything, and `serve --help` must not wait for it.
  const { runAgent } = await import('../daemon/agent.ts');
  await runAgent({ locations: locations(), env, signal, logTo, version: programVersion() });
  return EXIT.ok;
}
