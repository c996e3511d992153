/** One `tart run`: a VM from its lock over the framework's word to its end. It belongs to no daemon's life. */
import type { Clockwork } from './clockwork.ts';
import type { EndCause } from './facts.ts';
import { Guest } from './guest.ts';
import type { Mac, SimVm } from './mac.ts';
import type { GuestScript, StartFailure } from './settings.ts';
import { RUN_WORDS } from './words.ts';

/** Whoever waits for the start: the framework let it run, or `run` ended before that, with these words. */
type Started = (failure: string | null) => void;

export interface RunOptions {
  readonly mac: Mac;
  readonly vm: SimVm;
  readonly script: GuestScript;
  readonly failure: StartFailure | null;
}

export class Run {
  readonly guest: Guest;
  readonly #options: RunOptions;
  readonly #clock: Clockwork;
  #waiting: Started[] = [];
  #hasEnded = false;

  constructor(options: RunOptions) {
    this.#options = options;
    const { mac, vm, script } = options;
    this.#clock = mac.clock.another();
    const launchMs = this.#clock.pick(mac.durations.launch);
    this.guest = new Guest({
      mac,
      vm: vm.name,
      script,
      bootedMs: this.#clock.nowMs + launchMs + (script.bootMs ?? Infinity),
      powerOff: (why) => this.end(RUN_WORDS.powerOff, 'itself', why),
    });
    this.#clock.after(launchMs, () => this.#launch());
  }

  onStarted(started: Started): void {
    this.#waiting.push(started);
  }

  /** The end, whoever wants it. `words` go to the output file; null: killed, without any. */
  end(words: string | null, by: 'daemon' | 'itself', why: EndCause): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    const { mac, vm } = this.#options;
    this.#clock.end();
    vm.lastWords = words;
    vm.run = null;
    this.guest.die();
    if (why !== 'start-refused') mac.say({ what: 'vm-stopped', vm: vm.name, by, why });
    if (mac.framework.end(vm.name)) {
      const brief = { forMs: this.#clock.pick([0, 400]), process: null };
      mac.haunt(vm.name, mac.options.hauntingOf?.(vm.name) ?? brief);
    }
    this.#tell(words ?? '');
  }

  #launch(): void {
    const { mac, vm, failure } = this.#options;
    const { framework, say } = mac;
    const counted = framework.count();
    const words = failure === null ? this.#overLimit() : RUN_WORDS[failure];
    if (words !== null) {
      say({ what: 'start-refused', vm: vm.name, counted, why: failure ?? 'limit' });
      this.end(words, 'itself', 'start-refused');
      return;
    }
    framework.begin(vm.name);
    say({ what: 'vm-started', vm: vm.name, counted: counted + 1, limit: framework.limit });
    this.guest.boot();
    this.#tell(null);
  }

  #overLimit(): string | null {
    const { framework } = this.#options.mac;
    return framework.hasRoom() ? null : RUN_WORDS.limit(framework.running());
  }

  #tell(failure: string | null): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const started of waiting) started(failure);
  }
}
