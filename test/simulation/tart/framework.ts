/**
 * Apple's framework's count of running macOS VMs: whoever they belong to, and for a while, or until a reboot, those
 * that ended and are counted still (ghosts). A ghost may have a process of the system that can be found and killed.
 */
import type { Leftover } from '../../../src/core/ports.ts';
import type { MacTime } from './settings.ts';

interface Ghost {
  readonly vm: string;
  readonly endMs: number;
  readonly pid: number | null;
  readonly isUnkillable: boolean;
}

/** Pids of the processes of ghosts begin here. */
const FIRST_PID = 50_001;

export class Framework {
  readonly limit: number;
  readonly #time: MacTime;
  /** VMs of tart, ours and foreign. */
  readonly #running = new Set<string>();
  /** Of other programs, which tart does not list. */
  readonly #others = new Set<string>();
  #ghosts: Ghost[] = [];
  #nextPid = FIRST_PID;

  constructor(time: MacTime, limit: number) {
    this.#time = time;
    this.limit = limit;
  }

  count(): number {
    return this.#running.size + this.#others.size + this.#haunting().length;
  }

  hasRoom(): boolean {
    return this.count() < this.limit;
  }

  /** Names that tart knows of, for its words. */
  running(): readonly string[] {
    return [...this.#running];
  }

  begin(vm: string): void {
    this.#running.add(vm);
  }

  /** True when it was counted. */
  end(vm: string): boolean {
    return this.#running.delete(vm);
  }

  beginOther(name: string): void {
    this.#others.add(name);
  }

  endOther(name: string): boolean {
    return this.#others.delete(name);
  }

  haunt(vm: string, forMs: number, process: 'killable' | 'unkillable' | null): void {
    const pid = process === null ? null : this.#nextPid++;
    const endMs = this.#time.steadyMs() + forMs;
    this.#ghosts.push({ vm, endMs, pid, isUnkillable: process === 'unkillable' });
  }

  /** Processes of ghosts whose VM does not run. */
  leftovers(prefix: string): readonly Leftover[] {
    return this.#haunting().flatMap(({ vm, pid }) =>
      pid !== null && vm.startsWith(prefix) && !this.#running.has(vm) ? [{ vm, pid }] : [],
    );
  }

  /** True when it is gone. */
  exorcise(pid: number): boolean {
    this.#ghosts = this.#haunting().filter((ghost) => ghost.pid !== pid || ghost.isUnkillable);
    return !this.hasGhost(pid);
  }

  hasGhost(pid: number): boolean {
    return this.#haunting().some((ghost) => ghost.pid === pid);
  }

  reboot(): void {
    this.#running.clear();
    this.#others.clear();
    this.#ghosts = [];
  }

  #haunting(): readonly Ghost[] {
    if (this.#ghosts.length === 0) return this.#ghosts;
    const nowMs = this.#time.steadyMs();
    this.#ghosts = this.#ghosts.filter(({ endMs }) => endMs > nowMs);
    return this.#ghosts;
  }
}
