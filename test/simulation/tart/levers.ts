/** What happens to a simulated Mac of itself. A lever acts at once, belongs to no call, and draws no chance. */
import type { Mac } from './mac.ts';
import type { Haunting, StartFailure } from './settings.ts';
import { RUN_WORDS } from './words.ts';

export class Levers {
  readonly #mac: Mac;

  constructor(mac: Mac) {
    this.#mac = mac;
  }

  /** The guest, or the hypervisor under it, falls over. */
  crash(name: string): void {
    this.#mac.vm(name)?.run?.end(RUN_WORDS.crash, 'itself', 'crash');
  }

  /** The guest shuts down. */
  powerOff(name: string): void {
    this.#mac.vm(name)?.run?.end(RUN_WORDS.powerOff, 'itself', 'power-off');
  }

  /** The guest's agent answers nobody for so long; its open streams stand still, or break when `cuts`. */
  silence(name: string, forMs: number, cuts = false): void {
    this.#mac.vm(name)?.run?.guest.silence(forMs, cuts);
  }

  /** For so long tart cannot read the VM's lock and takes it for stopped. */
  misread(name: string, forMs: number): void {
    const vm = this.#mac.vm(name);
    if (vm) vm.misreadUntilMs = this.#mac.clock.nowMs + forMs;
  }

  /** For so long the VM does not react to SIGINT, and not even to SIGKILL when `isUnkillable`. */
  makeStubborn(name: string, forMs: number, isUnkillable: boolean): void {
    const vm = this.#mac.vm(name);
    if (!vm) return;
    vm.stubbornUntilMs = this.#mac.clock.nowMs + forMs;
    vm.isUnkillable = isUnkillable;
  }

  /** Every start from now on fails like this, until null. */
  breakStarts(failure: StartFailure | null): void {
    this.#mac.startFailure = failure;
  }

  /** The framework counts one VM more, that nobody runs. */
  haunt(haunting: Haunting, vm = 'nobody'): void {
    this.#mac.haunt(vm, haunting);
  }

  /** If the framework has room. One of tart's is listed from then on; those of other programs only count. */
  startForeign(name: string, by: 'tart' | 'other'): void {
    const { framework } = this.#mac;
    if (by === 'other') {
      if (framework.hasRoom()) framework.beginOther(name);
      return;
    }
    const vm = this.#mac.vm(name) ?? this.#mac.add(name, false);
    if (!vm.run) this.#mac.start(vm);
  }

  /** One of tart's stays on its disk, stopped. */
  stopForeign(name: string): void {
    if (!this.#mac.framework.endOther(name)) this.powerOff(name);
  }

  /** Null: it cannot be told. */
  setFreeBytes(bytes: number | null): void {
    this.#mac.freeBytes = bytes;
  }

  addImage(image: string): void {
    this.#mac.images.add(image);
  }

  evictImage(image: string): void {
    this.#mac.images.delete(image);
  }
}
