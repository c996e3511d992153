/** What a command is given: where it writes, how it reaches the agent, when it must end. */
import type { Locations } from '../config/locations.ts';
import type { Daemon } from './daemon.ts';
import type { Screen } from './screen.ts';

export interface Context {
  readonly env: NodeJS.ProcessEnv;
  readonly platform: NodeJS.Platform;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  /** Aborts on the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  /** Standard output: results only. */
  readonly out: Screen;
  /** Standard error: everything else. */
  readonly err: Screen;
  readonly locations: () => Locations;
  readonly daemon: () => Promise<Daemon>;
}

/** Prints a result for programs: one line, with the version of its form. */
export function printJson(context: Context, result: Readonly<Record<string, unknown>>): void {
  context.out.print(JSON.stringify({ v: 1, ...result }));
}
