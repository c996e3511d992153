/** The port `Hypervisor` of one life of the daemon: what `src/tart` makes of the `tart` program, over the simulated Mac. */
import type { Hypervisor } from '../../../src/core/ports.ts';
import type { Vm } from '../../../src/core/world.ts';
import type { Calls, Process } from './calls.ts';
import {
  beginClone,
  beginConfigure,
  beginDelete,
  beginKillLeftover,
  beginStart,
  beginStop,
  type Deed,
} from './deeds.ts';
import type { Mac } from './mac.ts';
import { cannotBeStopped, notSeenRunning, tookTooLong } from './words.ts';

const VERSION = '2.36.0';

interface Shape<T> {
  readonly method: string;
  readonly vm: string | null;
  readonly deadlineMs: number;
  readonly atDeadline?: () => unknown;
  readonly signal: AbortSignal;
  readonly begin: (process: Process<T>) => void;
}

export function createHypervisorPort(mac: Mac, calls: Calls): Hypervisor {
  const call = <T>(shape: Shape<T>): Promise<T> =>
    calls.make({ port: 'hypervisor', atDeadline: () => tookTooLong(shape.method), ...shape });
  const look = <T>(method: string, signal: AbortSignal, begin: (process: Process<T>) => void) =>
    call<T>({ method, vm: null, deadlineMs: 30_000, signal, begin });
  const act = (shape: Omit<Shape<void>, 'begin' | 'vm'>, vm: string, begin: (deed: Deed) => void) =>
    call<void>({ ...shape, vm, begin: (process) => begin({ mac, vm, process }) });

  return {
    version: (signal) => look('version', signal, ({ answer }) => answer(VERSION)),
    list: (signal) => look('list', signal, (process) => beginList(mac, process)),
    hasImage: (image, signal) => look('hasImage', signal, ({ answer }) => answer(mac.hasImage(image))),
    clone: (image, name, signal) =>
      act({ method: 'clone', deadlineMs: 120_000, signal }, name, (deed) => beginClone(deed, image)),
    configure: (name, _size, signal) =>
      act({ method: 'configure', deadlineMs: 30_000, signal }, name, beginConfigure),
    start: (name, signal) => {
      const atDeadline = () => notSeenRunning(name);
      return act({ method: 'start', deadlineMs: 20_000, atDeadline, signal }, name, beginStart);
    },
    lastWords: (name) => calls.know(mac.vm(name)?.lastWords ?? null),
    stop: (name, signal) => {
      // All rungs of its ladder, each to its own deadline.
      const atDeadline = () => cannotBeStopped(name);
      return act({ method: 'stop', deadlineMs: 52_000, atDeadline, signal }, name, beginStop);
    },
    sweep: (prefix, busy, signal) => look('sweep', signal, ({ answer }) => answer(mac.sweep(prefix, busy))),
    leftovers: (prefix, signal) =>
      look('leftovers', signal, ({ answer }) => answer(mac.framework.leftovers(prefix))),
    killLeftover: ({ pid, vm }, signal) =>
      call<boolean>({
        method: 'killLeftover',
        vm,
        deadlineMs: 15_000,
        signal,
        begin: (process) => beginKillLeftover({ mac, vm, process }, pid),
      }),
    delete: (name, signal) => act({ method: 'delete', deadlineMs: 60_000, signal }, name, beginDelete),
  };
}

/** Looked at now, known a moment later. */
function beginList(mac: Mac, { fault, answer }: Process<readonly Vm[]>): void {
  const rows = fault === 'empty' ? [] : mac.listing();
  const told = fault === 'stopped' ? rows.map(({ name }): Vm => ({ name, state: 'stopped' })) : rows;
  mac.clock.within(mac.durations.reply, () => answer(told));
}
