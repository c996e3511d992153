/**
 * A Mac for the deterministic simulation: its VMs, the framework's slots and the disk, on virtual time. It outlives
 * every daemon: `connect` gives each life of one its ports. It is to the daemon what `src/tart` makes of the real thing, and
 * contract.test.ts proves that. What happens to it of itself is in `levers.ts`.
 */
import type { Guest, Hypervisor } from '../../../src/core/ports.ts';
import type { Vm } from '../../../src/core/world.ts';
import { Calls } from './calls.ts';
import { Clockwork } from './clockwork.ts';
import type { MacFact } from './facts.ts';
import { Framework } from './framework.ts';
import { createGuestPort } from './guest-port.ts';
import { createHypervisorPort } from './hypervisor-port.ts';
import { Levers } from './levers.ts';
import { Run } from './run.ts';
import {
  DURATIONS,
  type Durations,
  GUEST,
  type Haunting,
  type MacOptions,
  type StartFailure,
} from './settings.ts';

export interface SimVm {
  readonly name: string;
  /** Made by a clone of the daemon's, in this life or an earlier one. */
  readonly isOurs: boolean;
  /** A half-made one is a directory that tart does not list. */
  isHalfMade: boolean;
  run: Run | null;
  /** What the last `run` left in its output file. */
  lastWords: string | null;
  /** Until then tart cannot read its lock and takes it for stopped. */
  misreadUntilMs: number;
  /** Until then it does not react to SIGINT, nor to SIGKILL when it is unkillable. */
  stubbornUntilMs: number;
  isUnkillable: boolean;
}

export interface Life {
  readonly hypervisor: Hypervisor;
  readonly guest: Guest;
  readonly freeBytes: () => number | null;
  /** The daemon was killed: none of its calls is answered any more, its event streams end. What they began goes on. */
  die(): void;
}

export class Mac {
  readonly options: MacOptions;
  readonly durations: Durations;
  readonly say: (fact: MacFact) => void;
  readonly framework: Framework;
  readonly levers: Levers;
  readonly images: Set<string>;
  freeBytes: number | null;
  startFailure: StartFailure | null = null;
  #clock: Clockwork;
  readonly #vms = new Map<string, SimVm>();

  constructor(options: MacOptions) {
    this.options = options;
    this.durations = { ...DURATIONS, ...options.durations };
    this.say = options.on ?? (() => undefined);
    this.#clock = new Clockwork(options.time, options.random);
    this.framework = new Framework(options.time, options.limit ?? 2);
    this.levers = new Levers(this);
    this.images = new Set(options.images.filter((image) => image.includes('/')));
    this.freeBytes = options.freeBytes ?? 500_000_000_000;
    for (const image of options.images) if (!image.includes('/')) this.add(image, false);
  }

  /** The ports of one life of the daemon. */
  connect(): Life {
    const calls = new Calls({
      time: this.options.time,
      spawnMs: () => this.clock.pick(this.durations.spawn),
      fault: (call) => this.options.fault?.(call) ?? null,
    });
    return {
      hypervisor: createHypervisorPort(this, calls),
      guest: createGuestPort(this, calls),
      freeBytes: () => this.freeBytes,
      die: () => calls.die(),
    };
  }

  /** Directories that no `list` shows and no `delete` takes away. */
  halfMade(): readonly string[] {
    return [...this.#vms.values()].filter((vm) => vm.isHalfMade).map(({ name }) => name);
  }

  /** Removes those that nobody works on. */
  sweep(prefix: string, busy: ReadonlySet<string>): readonly string[] {
    const swept = this.halfMade().filter((name) => name.startsWith(prefix) && !busy.has(name));
    for (const name of swept) this.#vms.delete(name);
    return swept;
  }

  /** Of this boot: the timers of tart's processes. */
  get clock(): Clockwork {
    return this.#clock;
  }

  vm(name: string): SimVm | undefined {
    return this.#vms.get(name);
  }

  isMisread({ misreadUntilMs }: SimVm): boolean {
    return misreadUntilMs > this.clock.nowMs;
  }

  hasImage(image: string): boolean {
    return this.images.has(image) || this.#vms.get(image)?.isHalfMade === false;
  }

  /** As tart lists it: without what is half made, and wrong about what it cannot read. */
  listing(): readonly Vm[] {
    return this.#rows((vm) => vm.run !== null && !this.isMisread(vm));
  }

  /** As it is: what `list` would say if it were always right. */
  truth(): readonly Vm[] {
    return this.#rows((vm) => vm.run !== null);
  }

  /** Every VM and every process ends, the framework forgets its ghosts. The daemon's own end is not this one's affair. */
  reboot(): void {
    const clock = this.#clock;
    this.#clock = clock.another();
    clock.end();
    this.framework.reboot();
    for (const vm of this.#vms.values()) {
      vm.run?.end(null, 'itself', 'reboot');
      vm.misreadUntilMs = 0;
      vm.stubbornUntilMs = 0;
    }
  }

  /** A stopped VM, in the place of one with its name. */
  add(name: string, isOurs: boolean): SimVm {
    const vm: SimVm = {
      name,
      isOurs,
      isHalfMade: false,
      run: null,
      lastWords: null,
      misreadUntilMs: 0,
      stubbornUntilMs: 0,
      isUnkillable: false,
    };
    this.#vms.set(name, vm);
    return vm;
  }

  /** A clone came to its end. tart replaces what has the name, even if it runs. */
  place(name: string, image: string): void {
    const former = this.#vms.get(name);
    former?.run?.end(null, 'daemon', 'stop');
    this.add(name, true);
    this.say({ what: 'vm-cloned', vm: name, image, replaced: former !== undefined });
  }

  /** A clone or a delete was cut off in the middle: a directory that no command takes for a VM. */
  halve(name: string): void {
    const vm = this.#vms.get(name) ?? this.add(name, true);
    vm.isHalfMade = true;
    this.say({ what: 'vm-half-made', vm: name });
  }

  remove(name: string): void {
    this.#vms.delete(name);
    this.say({ what: 'vm-deleted', vm: name });
  }

  start(vm: SimVm): Run {
    const script = vm.isOurs ? this.options.guestOf?.(vm.name) : { bootMs: null };
    const run = new Run({ mac: this, vm, script: { ...GUEST, ...script }, failure: this.startFailure });
    vm.run = run;
    vm.lastWords = null;
    return run;
  }

  /** The framework goes on counting a VM that ended, or was never there. */
  haunt(vm: string, { forMs, process }: Haunting): void {
    if (forMs <= 0) return;
    this.framework.haunt(vm, forMs, process);
    this.say({ what: 'ghost', vm, forMs, hasProcess: process !== null });
  }

  /** Says it when a call is about a VM that is not ours. */
  touch(name: string, method: string): void {
    if (this.#vms.get(name)?.isOurs === false) this.say({ what: 'foreign-touched', vm: name, method });
  }

  #rows(isRunning: (vm: SimVm) => boolean): readonly Vm[] {
    return [...this.#vms.values()]
      .filter((vm) => !vm.isHalfMade)
      .map((vm): Vm => ({ name: vm.name, state: isRunning(vm) ? 'running' : 'stopped' }))
      .sort((one, other) => (one.name < other.name ? -1 : 1));
  }
}
