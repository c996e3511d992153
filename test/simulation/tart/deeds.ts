/**
 * What `tart` processes do to the simulated Mac. A process whose caller is gone ends by itself: as it would have, at once, or,
 * for those that write a VM's directory, in the middle.
 */
import { hasCode, MacrunnerError } from '../../../src/core/error.ts';
import type { Timer } from '../../../src/lib/time.ts';
import type { Process } from './calls.ts';
import type { Mac, SimVm } from './mac.ts';
import type { Run } from './run.ts';
import * as words from './words.ts';

export interface Deed {
  readonly mac: Mac;
  readonly vm: string;
  readonly process: Process<void>;
}

/** What a clone needs at least; the rest of it is copied on write. */
const CLONE_BYTES = 1_000_000_000;
/** How long the adapter waits for a started VM to be listed as running. */
const SEEN_MS = 20_000;
/** How often it starts a VM that something else still holds, and after what. */
const HELD_TRIES = 3;
const HELD_MS = 1_000;
/** From `stop` to its SIGKILL. */
const PATIENCE_MS = 5_000;
/** `stop`, `stop` with force, SIGKILL, each with its wait: what the whole ladder takes in vain. */
const LADDER_MS = 17_000;
/** How long a leftover of a VM may take to end by itself before `stop` kills it. */
const SERVICE_MS = 2_000;

export function beginClone({ mac, vm, process }: Deed, image: string): void {
  mac.touch(vm, 'clone');
  const failure = whyNoClone(mac, vm, image);
  if (failure) {
    process.fail(failure);
    return;
  }
  const copying = mac.clock.within(mac.durations.clone, () => {
    mac.place(vm, image);
    process.answer();
  });
  interruptible(mac, process, copying, () => mac.halve(vm));
}

function whyNoClone(mac: Mac, vm: string, image: string): MacrunnerError | null {
  if (mac.vm(vm)) return new MacrunnerError('vm-exists', `a VM ${vm} exists already`);
  if (!mac.hasImage(image))
    return new MacrunnerError('image-missing', `the image ${image} is not on this host`);
  return mac.freeBytes !== null && mac.freeBytes < CLONE_BYTES ? words.diskIsFull() : null;
}

export function beginConfigure({ mac, vm, process }: Deed): void {
  mac.touch(vm, 'configure');
  mac.clock.within(mac.durations.configure, () => {
    if (isWhole(mac.vm(vm))) {
      mac.say({ what: 'vm-configured', vm });
      process.answer();
    } else process.fail(words.doesNotExist('set', vm));
  });
}

/** `tart run` is in a session of its own: nothing of its caller cuts it off. */
export function beginStart({ mac, vm, process }: Deed): void {
  mac.touch(vm, 'start');
  const found = mac.vm(vm);
  if (!isWhole(found)) process.fail(new MacrunnerError('vm-missing', `there is no VM ${vm} to start`));
  else if (found.run && mac.isMisread(found)) process.fail(words.runFailed(`VM "${vm}" is already running!`));
  else if (found.run) process.fail(new MacrunnerError('vm-running', `the VM ${vm} runs already`));
  else tryStart(mac, found, process, 1);
}

function tryStart(mac: Mac, vm: SimVm, process: Process<void>, tries: number): void {
  mac.start(vm).onStarted((failure) => {
    if (failure === null) {
      mac.clock.within(mac.durations.seen, () => seenRunning(mac, vm, process));
      return;
    }
    const error = words.runFailed(failure);
    if (tries === HELD_TRIES || !hasCode(error, 'vm-held')) process.fail(error);
    else {
      const again = mac.clock.after(tries * HELD_MS, () => tryStart(mac, vm, process, tries + 1));
      process.onCut = () => again.cancel();
    }
  });
}

/** `list` is asked until it says running; the end of `run` counts more. */
function seenRunning(mac: Mac, vm: SimVm, process: Process<void>): void {
  if (!vm.run) process.fail(words.runFailed(vm.lastWords ?? ''));
  else if (!mac.isMisread(vm)) process.answer();
  else {
    const waitMs = Math.min(SEEN_MS, vm.misreadUntilMs - mac.clock.nowMs);
    mac.clock.after(waitMs, () => {
      if (mac.isMisread(vm)) process.fail(words.notSeenRunning(vm.name));
      else seenRunning(mac, vm, process);
    });
  }
}

/** The power cut is sent at once and needs its caller no more; the ladder's further rungs do. */
export function beginStop({ mac, vm, process }: Deed): void {
  mac.touch(vm, 'stop');
  const found = mac.vm(vm);
  if (process.fault === 'no-effect') mac.clock.within(mac.durations.reply, process.answer);
  else if (!found?.run) endLeftovers(mac, vm, process);
  else if (found.stubbornUntilMs > mac.clock.nowMs || mac.isMisread(found))
    climb(mac, found, found.run, process);
  else {
    const { run } = found;
    mac.clock.within(mac.durations.stop, () => {
      run.end(words.RUN_WORDS.stop, 'daemon', 'stop');
      endLeftovers(mac, vm, process);
    });
  }
}

/** A VM that does not hear, or that tart takes for stopped, is killed if it can be. */
function climb(mac: Mac, vm: SimVm, run: Run, process: Process<void>): void {
  const isHopeless = vm.isUnkillable && vm.stubbornUntilMs > mac.clock.nowMs + LADDER_MS;
  const ms = isHopeless ? LADDER_MS : PATIENCE_MS + mac.clock.pick(mac.durations.stop);
  const climbing = mac.clock.after(ms, () => {
    if (isHopeless) {
      process.fail(words.cannotBeStopped(vm.name));
      return;
    }
    run.end(null, 'daemon', 'stop');
    endLeftovers(mac, vm.name, process);
  });
  process.onCut = () => climbing.cancel();
}

function endLeftovers(mac: Mac, vm: string, process: Process<void>): void {
  const left = mac.framework.leftovers(vm).filter((leftover) => leftover.vm === vm);
  const end = () => {
    for (const { pid } of left) mac.framework.exorcise(pid);
    process.answer();
  };
  const ending =
    left.length === 0 ? mac.clock.within(mac.durations.reply, end) : mac.clock.after(SERVICE_MS, end);
  process.onCut = () => ending.cancel();
}

export function beginDelete({ mac, vm, process }: Deed): void {
  mac.touch(vm, 'delete');
  const found = mac.vm(vm);
  if (!isWhole(found)) {
    mac.clock.within(mac.durations.reply, () => {
      if (found) mac.remove(vm);
      process.answer();
    });
    return;
  }
  if (process.fault === 'no-effect') {
    // The adapter looks again, and sees it.
    process.fail(words.isListedStill(vm));
    return;
  }
  if (found.run) {
    process.fail(words.isRunning('delete', vm));
    return;
  }
  const removing = mac.clock.within(mac.durations.delete, () => {
    if (found.run) process.fail(words.isRunning('delete', vm));
    else {
      mac.remove(vm);
      process.answer();
    }
  });
  interruptible(mac, process, removing, () => mac.halve(vm));
}

/** Looks again, as the adapter does: what runs, or is another's by now, is left alone. */
export function beginKillLeftover(
  { mac, vm, process }: Omit<Deed, 'process'> & { process: Process<boolean> },
  pid: number,
): void {
  const isLeft = mac.framework.leftovers(vm).some((left) => left.pid === pid && left.vm === vm);
  if (isLeft) mac.touch(vm, 'killLeftover');
  const isGone = isLeft ? mac.framework.exorcise(pid) : !mac.framework.hasGhost(pid);
  mac.clock.within(mac.durations.reply, () => process.answer(isGone));
}

function isWhole(vm: SimVm | undefined): vm is SimVm {
  return vm?.isHalfMade === false;
}

/** A process that writes a directory. Killed by its caller, or left alone by its death, it may end as it would. */
function interruptible(mac: Mac, process: Process<void>, work: Timer, halve: () => void): void {
  process.onCut = (killed) => {
    if (!mac.clock.isHit(killed ? 0.7 : 0.2)) return;
    work.cancel();
    if (mac.clock.isHit(0.5)) halve();
  };
}
