/** The port `Guest` of one life of the daemon: what `src/tart/guest.ts` makes of `tart exec`, over the simulated Mac. */
import type { Guest as GuestPort } from '../../../src/core/ports.ts';
import type { CallSpec, Calls, Process } from './calls.ts';
import type { Guest } from './guest.ts';
import type { Mac } from './mac.ts';
import { agentIsAway, didNotEnd, doesNotExist, isNotRunning, refused, transportEnded } from './words.ts';

/** From a first line to none: the adapter's own limits. */
const FIRST_LINE_MS = 35_000;
const ANSWER_MS = 45_000;

type Program = 'bootstrap' | 'verdict';

export function createGuestPort(mac: Mac, calls: Calls): GuestPort {
  /** Runs a program of the guest, which answers with why it refuses, or null. */
  const ask = (vm: string, program: Program, signal: AbortSignal, run: (guest: Guest) => string | null) =>
    calls.make<void>({
      port: 'guest',
      method: program === 'bootstrap' ? 'deliver' : program,
      vm,
      deadlineMs: ANSWER_MS,
      atDeadline: () => didNotEnd(program, vm),
      signal,
      begin: (process) => runProgram(mac, vm, process, program, run),
    });

  return {
    follow: (vm, from, follower, signal) => {
      const spec: CallSpec<void> = {
        port: 'guest',
        method: 'follow',
        vm,
        deadlineMs: FIRST_LINE_MS,
        atDeadline: () => didNotEnd('events', vm),
        signal,
        begin: (process) => {
          // An event stream whose words are lost has none.
          if (process.fault === 'lost-reply') return;
          reach(mac, vm, process, FIRST_LINE_MS, (guest) => {
            const attachment = guest.attach({
              from,
              follower,
              onEnd: (error, hasAnswered) => {
                if (error !== null) process.fail(error);
                else if (hasAnswered) process.answer();
                else process.fail(transportEnded());
              },
            });
            process.onCut = () => attachment.end();
          });
        },
      };
      return calls.make(spec);
    },
    deliver: (vm, credential, signal) =>
      ask(vm, 'bootstrap', signal, (guest) => guest.takeCredential(credential)),
    verdict: (vm, n, { allowed }, signal) => ask(vm, 'verdict', signal, (guest) => guest.verdict(n, allowed)),
  };
}

function runProgram(
  mac: Mac,
  vm: string,
  process: Process<void>,
  program: Program,
  run: (guest: Guest) => string | null,
): void {
  reach(mac, vm, process, ANSWER_MS, (guest) => {
    const stopWaiting = guest.onDeath(() => process.fail(transportEnded()));
    guest.clock.within(mac.durations.exec, () => {
      const refusal = run(guest);
      mac.clock.within(mac.durations.reply, () => {
        stopWaiting();
        if (refusal === null) process.answer();
        else process.fail(refused(program, vm, refusal));
      });
    });
  });
}

/** Finds the guest behind a name and waits until its agent answers, as `tart exec` does. */
function reach(
  mac: Mac,
  vm: string,
  process: Process<void>,
  limitMs: number,
  then: (guest: Guest) => void,
): void {
  mac.touch(vm, 'exec');
  const found = mac.vm(vm);
  if (!found || found.isHalfMade) process.fail(doesNotExist('exec', vm));
  else if (!found.run || mac.isMisread(found)) process.fail(isNotRunning(vm));
  else {
    const { guest } = found.run;
    process.onCut = guest.whenAnswering(limitMs, (answers) => {
      process.onCut = null;
      if (answers) then(guest);
      else process.fail(guest.isDead ? transportEnded() : agentIsAway());
    });
  }
}
