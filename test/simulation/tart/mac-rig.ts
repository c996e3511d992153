/** A simulated Mac on a virtual time of its own, with a plain GitHub that hands out the jobs it is given: for tests of it. */
import { createRandom } from '../random.ts';
import { VirtualTime } from '../virtual-time.ts';
import type { MacFact } from './facts.ts';
import { type Life, Mac } from './mac.ts';
import { RunnerStub } from './runner-stub.ts';
import type { MacOptions } from './settings.ts';

/** Longer than any wait in a test; a promise that is not settled by then never will be. */
const PATIENCE_MS = 48 * 3_600_000;

export interface MacRig {
  readonly mac: Mac;
  readonly life: Life;
  readonly facts: MacFact[];
  readonly github: RunnerStub;
  readonly signal: AbortSignal;
  nowMs(): number;
  /** Lets time pass until the promise is settled. */
  play<T>(promise: Promise<T>): Promise<T>;
  /** Lets time pass until the condition holds. */
  until(holds: () => boolean): Promise<void>;
  pass(ms: number): Promise<void>;
  /** Facts of one kind. */
  told<W extends MacFact['what']>(what: W): readonly Extract<MacFact, { what: W }>[];
}

/** An image `template`, seed 1 and nothing that goes wrong, unless told otherwise. */
export function macRig(options: Partial<MacOptions> & { readonly seed?: number } = {}): MacRig {
  const virtual = new VirtualTime(1_000_000);
  const facts: MacFact[] = [];
  const github = new RunnerStub(virtual);
  const mac = new Mac({
    images: ['template'],
    random: createRandom(options.seed ?? 1, 'mac').next,
    github,
    on: (fact) => facts.push(fact),
    ...options,
    time: { steadyMs: virtual.now, after: virtual.after },
  });
  const until = async (holds: () => boolean): Promise<void> => {
    const endMs = virtual.now() + PATIENCE_MS;
    // What the test itself has just done settles first.
    await new Promise((resolve) => process.nextTick(resolve));
    while (!holds()) if (!(await virtual.step(endMs))) throw new Error(`never: ${holds.toString()}`);
  };
  return {
    ...{ mac, life: mac.connect(), facts, github, until, nowMs: virtual.now },
    signal: new AbortController().signal,
    async play(promise) {
      let isSettled = false;
      const settle = () => {
        isSettled = true;
      };
      promise.then(settle, settle);
      await until(() => isSettled);
      return promise;
    },
    async pass(ms) {
      let hasPassed = false;
      virtual.after(ms, () => {
        hasPassed = true;
      });
      await until(() => hasPassed);
    },
    told: (what) =>
      facts.filter((fact): fact is Extract<MacFact, { what: typeof what }> => fact.what === what),
  };
}

/** Clones and starts a VM, and waits for nothing of its guest. */
export async function startedVm(rig: MacRig, name: string, image = 'template'): Promise<void> {
  const { hypervisor } = rig.life;
  await rig.play(hypervisor.clone(image, name, rig.signal));
  await rig.play(hypervisor.configure(name, { cpu: 4, memoryGiB: 8 }, rig.signal));
  await rig.play(hypervisor.start(name, rig.signal));
}
