/** A simulated guest that is followed, and given a job: for tests of it. */
import type { GuestEvent, GuestFollower } from '../../../src/core/ports.ts';
import { type MacRig, macRig, startedVm } from './mac-rig.ts';
import { aJob } from './runner-stub.ts';
import type { MacOptions } from './settings.ts';

export const CREDENTIAL = { jitConfig: 'jit', environment: {} };

export interface Recorder extends GuestFollower {
  readonly events: GuestEvent[];
  readonly seen: { answers: number; lives: number };
}

export function recorder(): Recorder {
  const events: GuestEvent[] = [];
  const seen = { answers: 0, lives: 0 };
  return {
    events,
    seen,
    onAnswer: () => {
      seen.answers += 1;
    },
    onLife: () => {
      seen.lives += 1;
    },
    onEvent: (event) => events.push(event),
  };
}

/** A started VM `a` whose events are followed. */
export async function following(options: Partial<MacOptions> & { readonly seed?: number } = {}) {
  const rig = macRig(options);
  await startedVm(rig, 'a');
  const record = recorder();
  const stream = rig.life.guest.follow('a', 1, record, rig.signal);
  const ended = { how: 'open' };
  stream.then(
    () => Object.assign(ended, { how: 'resolved' }),
    (error: unknown) => Object.assign(ended, { how: String(error) }),
  );
  return { rig, ...record, ended, types: () => record.events.map(({ type }) => type) };
}

/** Gives VM `a` its credential, and a job for which its gate waits. */
export async function serving(rig: MacRig, types: () => readonly string[], key: string) {
  const job = aJob(key);
  rig.github.order(job);
  await rig.play(rig.life.guest.deliver('a', CREDENTIAL, rig.signal));
  await rig.until(() => types().includes('job-started'));
  return job;
}
