/**
 * The two sides of the contract: the simulated Mac, and the product's adapters over the tart double with the real guest
 * programs. Both offer the ports and the same few levers, so that one script plays on either.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Guest, Hypervisor } from '../../../src/core/ports.ts';
import { buildGuestImage } from '../../support/guest/build-image.ts';
import { startTart } from '../../support/tart/call.ts';
import { tartRig } from '../../support/tart-rig.ts';
import { until } from '../../support/until.ts';
import { CREDENTIAL } from './guest-rig.ts';
import { macRig } from './mac-rig.ts';
import { aJob } from './runner-stub.ts';

export interface SideOptions {
  /** Whether guests' agents ever answer. Default true. */
  readonly boots?: boolean;
  /** Whether the framework counts on, by a process, what has ended. */
  readonly leavesGhosts?: boolean;
}

export interface Side extends AsyncDisposable {
  readonly hypervisor: Hypervisor;
  readonly guest: Guest;
  readonly signal: AbortSignal;
  /** Lets time pass until the promise is settled, or the condition holds. */
  settle<T>(promise: Promise<T>): Promise<T>;
  until(holds: () => boolean): Promise<void>;
  crash(vm: string): void;
  /** Resolves when nothing of its `run` is left. */
  stopped(vm: string): Promise<void>;
  halfMake(vm: string): void;
  misread(vm: string): void;
  ignoreSigint(vm: string): void;
  breakStarts(failure: 'keychain' | 'auxiliary-lock'): void;
  /** The started hook of GitHub's runner begins to ask in a VM. */
  askGate(vm: string): Promise<void>;
}

const LONG_MS = 600_000;

export function simulatedSide({ boots = true, leavesGhosts = false }: SideOptions): Side {
  const rig = macRig({
    guestOf: () => ({ bootMs: boots ? 2_000 : null }),
    hauntingOf: () => ({ forMs: leavesGhosts ? Infinity : 0, process: 'killable' }),
  });
  const { levers } = rig.mac;
  rig.github.refuse('unknown-registration');
  return {
    hypervisor: rig.life.hypervisor,
    guest: rig.life.guest,
    signal: rig.signal,
    settle: rig.play,
    until: rig.until,
    crash: (vm) => levers.crash(vm),
    stopped: () => Promise.resolve(),
    halfMake: (vm) => rig.mac.halve(vm),
    misread: (vm) => levers.misread(vm, LONG_MS),
    ignoreSigint: (vm) => levers.makeStubborn(vm, LONG_MS, false),
    breakStarts: (failure) => levers.breakStarts(failure),
    async askGate(vm) {
      rig.github.refuse(null);
      rig.github.order(aJob('k'));
      await rig.play(rig.life.guest.deliver(vm, CREDENTIAL, rig.signal));
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

export function realSide({ boots = true, leavesGhosts = false }: SideOptions, signal: AbortSignal): Side {
  const settings = { leavesGhosts, ...(boots ? {} : { bootDelayMs: LONG_MS, agentWaitMs: 100 }) };
  const rig = tartRig({ settings });
  const rootfs = join(rig.dir, 'image');
  buildGuestImage(rootfs, { heartbeatMs: 50 });
  rig.double.addImage('template', { rootfs });
  return {
    hypervisor: rig.vms,
    guest: rig.guest,
    signal,
    settle: (promise) => promise,
    until,
    crash: (vm) => rig.double.power(vm, 'crash'),
    stopped: (vm) => until(async () => !(await rig.double.isRunning(vm))),
    halfMake: (vm) => void mkdirSync(join(rig.double.home, 'vms', vm)),
    misread: (vm) => rig.double.configure({ unreadable: [vm] }),
    ignoreSigint: () => rig.double.configure({ ignoresSigint: true }),
    breakStarts: (startFailure) => rig.double.configure({ startFailure }),
    async askGate(vm) {
      startTart(rig, ['exec', vm, '/usr/local/macrunner-guest/hooks/job-started.sh']);
    },
    [Symbol.asyncDispose]: () => rig[Symbol.asyncDispose](),
  };
}
