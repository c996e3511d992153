/** Looks at the run from outside while it lasts: command lines, sockets, and how many VMs run at once. */
import { inCommandLines, type Leak } from '../support/watch/leaks.ts';
import { familyOf } from '../support/watch/processes.ts';
import { openToTheWorld } from '../support/watch/sockets.ts';

export interface WatcherOptions {
  readonly agentPid: () => number;
  /** Every process of the run names this directory on its command line or descends from the agent. */
  readonly home: string;
  readonly secrets: () => readonly string[];
}

const LOOK_EVERY_MS = 250;

export class Watcher {
  readonly #options: WatcherOptions;
  readonly #timer: NodeJS.Timeout;
  readonly #leaks = new Map<string, Leak>();
  readonly #listening = new Set<string>();
  #mostVms = 0;

  constructor(options: WatcherOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
  }

  get leaks(): readonly Leak[] {
    return [...this.#leaks.values()];
  }

  get listening(): readonly string[] {
    return [...this.#listening];
  }

  get mostVms(): number {
    return this.#mostVms;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const { agentPid, home, secrets } = this.#options;
    const family = familyOf(agentPid(), home);
    for (const leak of inCommandLines(secrets(), family)) this.#leaks.set(leak.where, leak);
    for (const socket of openToTheWorld(family.map(({ pid }) => pid))) this.#listening.add(socket);
    this.#mostVms = Math.max(this.#mostVms, runningVms(family.map(({ command }) => command)));
  }
}

/** VMs are counted by their processes, as the kernel lists them, not by what anyone says about them. */
function runningVms(commands: readonly string[]): number {
  const names = commands.flatMap((command) => / run (mr-[a-z0-9-]+) --no-graphics/.exec(command)?.[1] ?? []);
  return new Set(names).size;
}
