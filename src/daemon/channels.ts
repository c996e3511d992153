/**
 * Follows the event stream of every VM that lives: one long exec each, taken up again at the next number when it breaks.
 * What a guest says is a claim about itself; it moves its own runner and nothing else. What the ledger does not take is
 * left with the guest, and taken when it can be written.
 */
import type { GuestEvent, GuestFollower } from '../core/ports.ts';
import type { Phase, Runner, RunnerEvent } from '../core/runner.ts';
import { pause } from '../lib/time.ts';
import type { Context } from './context.ts';
import { messageOf } from './intent.ts';
import { isUnwritten, untilWritable } from './ledger-watch.ts';
import { move } from './move.ts';
import { promiseVerdict } from './verdict.ts';

const FOLLOWED: ReadonlySet<Phase> = new Set(['booting', 'warm', 'registering', 'idle', 'busy']);

/** The first tries come close together: a guest that has just booted should not wait for us. */
const PAUSES_MS = [50, 100, 200, 400, 800, 1_500] as const;

export class Channels {
  readonly #followed = new Map<string, AbortController>();
  /** Runners whose guest has answered in this life of the agent. */
  readonly #heard = new Set<string>();

  /** Follows each runner that should be followed and is not yet; lets go of the others. */
  follow(context: Context, runners: readonly Runner[]): void {
    const wanted = new Set(
      runners.filter((runner) => isFollowed(context, runner)).map((runner) => runner.name),
    );
    for (const [name, stop] of this.#followed) if (!wanted.has(name)) stop.abort();
    for (const name of this.#heard) if (!wanted.has(name)) this.#heard.delete(name);
    for (const name of wanted) if (!this.#followed.has(name)) this.#begin(context, name);
  }

  #begin(context: Context, name: string): void {
    const stop = new AbortController();
    this.#followed.set(name, stop);
    const signal = AbortSignal.any([stop.signal, context.signal]);
    void followUntil(context, name, () => this.#onAnswer(context, name), signal)
      .catch((error: unknown) =>
        context.log.error({ runner: name, err: error }, 'a guest channel failed in an unforeseen way'),
      )
      .finally(() => {
        this.#followed.delete(name);
        context.wake();
      });
  }

  #onAnswer(context: Context, name: string): void {
    if (this.#heard.has(name)) return;
    this.#heard.add(name);
    noteAdoption(context, name);
  }
}

/** A guest that answered a former life of the agent answers this one: its runner is in our hands again. */
function noteAdoption({ ledger, nowMs, log }: Context, name: string): void {
  const runner = ledger.runner(name);
  if (!runner || runner.phase === 'booting') return;
  const { pool, phase } = runner;
  ledger.audit(nowMs(), 'runner-adopted', name, { pool, phase });
  log.info({ runner: name, pool, phase }, 'runner adopted from a former life of the agent');
}

/** A VM that is only just being started cannot answer: its channel begins when the start has returned. */
function isFollowed({ desk }: Context, runner: Runner): boolean {
  return FOLLOWED.has(runner.phase) && !(runner.phase === 'booting' && desk.inFlight.has(runner.name));
}

async function followUntil(
  context: Context,
  name: string,
  onAnswer: () => void,
  signal: AbortSignal,
): Promise<void> {
  const { time, steadyMs, desk } = context;
  let tries = 0;
  while (!signal.aborted) {
    const end = await followOnce(context, name, onAnswer, signal);
    if (signal.aborted) return;
    if (end === 'hung-up') {
      // The guest spoke, and it keeps what we did not take: it does not count as silent.
      await untilWritable(context, signal);
      continue;
    }
    if (!desk.silentSinceMs.has(name)) {
      desk.silentSinceMs.set(name, steadyMs());
      context.wake();
    }
    if (end === 'fell-silent') await context.readAgain('vms');
    tries = end === 'fell-silent' ? 0 : tries + 1;
    await pause(time, PAUSES_MS[Math.min(tries, PAUSES_MS.length - 1)] ?? 0, signal);
  }
}

/** How an attachment ended: it never began, it broke, or we could not take in what the guest said. */
type End = 'no-answer' | 'fell-silent' | 'hung-up';

async function followOnce(
  context: Context,
  name: string,
  onAnswer: () => void,
  signal: AbortSignal,
): Promise<End> {
  const { guest, ledger, log } = context;
  const hangUp = new AbortController();
  let end: End = 'no-answer';
  /** What comes after something that was not taken must not be taken either: its number would hide the other. */
  const take = (work: () => void): void => {
    if (end === 'hung-up') return;
    try {
      work();
    } catch (error) {
      end = 'hung-up';
      if (isUnwritten(error, context)) log.warn({ runner: name }, 'what a guest says waits for the ledger');
      else log.error({ runner: name, err: error }, 'what a guest said could not be taken in');
      hangUp.abort();
    }
  };
  const follower = followerOf(context, name, take, () => {
    end = 'fell-silent';
    onAnswer();
  });
  try {
    const until = AbortSignal.any([signal, hangUp.signal]);
    await guest.follow(name, ledger.lastEventNumber(name) + 1, follower, until);
  } catch (error) {
    if (!signal.aborted) log.debug({ runner: name, why: messageOf(error) }, 'the guest does not answer');
  }
  return end;
}

function followerOf(
  context: Context,
  name: string,
  take: (work: () => void) => void,
  onFirst: () => void,
): GuestFollower {
  const { desk, wake, steadyMs } = context;
  const hear = (): void => {
    desk.heardMs.set(name, steadyMs());
    desk.silentSinceMs.delete(name);
  };
  return {
    onAnswer: () =>
      take(() => {
        onFirst();
        hear();
        move(context, name, { type: 'answered' });
        wake();
      }),
    onLife: hear,
    onEvent: (event) =>
      take(() => {
        record(context, name, event);
        wake();
      }),
  };
}

/** @throws {@link MacrunnerError} `ledger-unwritable`, and nothing of it happened */
function record(context: Context, name: string, event: GuestEvent): void {
  const { ledger, nowMs } = context;
  const moved = runnerEvent(event);
  let answer = (): void => undefined;
  ledger.transaction(() => {
    ledger.setLastEventNumber(name, event.n);
    if (event.type === 'job-started') ledger.note(name, nowMs(), 'guest-facts', { ...event.facts });
    if (event.type === 'hello' || event.type === 'credential-taken' || event.type === 'verdict') {
      ledger.note(name, nowMs(), `guest-${event.type}`, {});
    }
    if (moved) move(context, name, moved);
    if (event.type === 'job-started') answer = promiseVerdict(context, name, event.n);
  });
  answer();
}

function runnerEvent(event: GuestEvent): RunnerEvent | null {
  switch (event.type) {
    case 'online':
      return { type: 'online' };
    case 'job-started':
      return { type: 'job-started' };
    case 'job-completed':
      return { type: 'job-completed' };
    case 'exited':
      return { type: 'exited', code: event.code };
    case 'hello':
    case 'credential-taken':
    case 'verdict':
      return null;
  }
}
