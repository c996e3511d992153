/** Which VMs run on which host, by what is told of them, and whether the daemon starts more than there are slots. */

/** A list that was taken before somebody else's VM began may still be believed for so long. */
const FOREIGN_NEWS_MS = 60_000;

export class SlotWatch {
  /** By host, and how each began. */
  readonly #running = new Map<number, Set<string>>();
  #foreignSinceMs = Number.NEGATIVE_INFINITY;

  /** Answers what is wrong with that. */
  started(host: number, vm: string, slots: number, atMs: number): string | null {
    const running = this.#on(host).add(vm);
    if (!vm.startsWith('mr-')) this.#foreignSinceMs = atMs;
    const isNews = atMs - this.#foreignSinceMs <= FOREIGN_NEWS_MS;
    return running.size > slots && !isNews ? `${running.size} VMs run in ${slots} slots` : null;
  }

  stopped(host: number, vm: string): void {
    this.#on(host).delete(vm);
  }

  #on(host: number): Set<string> {
    const known = this.#running.get(host);
    if (known) return known;
    const running = new Set<string>();
    this.#running.set(host, running);
    return running;
  }
}
