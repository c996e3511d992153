/** The life of a runner, event by event. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { advance } from '../../src/core/lifecycle.ts';
import { PHASES, type Phase, type Runner, type RunnerEvent } from '../../src/core/runner.ts';
import { aRunner, NOW } from '../support/world.ts';

const EVENTS = {
  cloned: { type: 'cloned' },
  answered: { type: 'answered' },
  claimed: { type: 'claimed' },
  minted: { type: 'minted', registrationId: 42 },
  online: { type: 'online' },
  'job-started': { type: 'job-started' },
  'job-completed': { type: 'job-completed' },
  'told-done': { type: 'told-done' },
  exited: { type: 'exited', code: 0 },
  stop: { type: 'stop', why: 'evicted' },
} as const satisfies { [K in RunnerEvent['type']]: Extract<RunnerEvent, { type: K }> };

const moved = (phase: Phase): Partial<Runner> => ({ phase, sinceMs: NOW });
const stopped = (why: Runner['why']): Partial<Runner> => ({ ...moved('stopping'), why });

/** All that an event changes, phase by phase. What is not here changes nothing. */
const CHANGES: Record<Phase, Partial<Record<RunnerEvent['type'], Partial<Runner>>>> = {
  cloning: { cloned: moved('booting'), stop: stopped('evicted') },
  booting: { answered: moved('warm'), stop: stopped('evicted') },
  warm: { claimed: moved('registering'), stop: stopped('evicted') },
  registering: {
    minted: { registrationId: 42 },
    online: moved('idle'),
    'job-started': { ...moved('busy'), hadJob: true },
    'told-done': { toldDoneMs: NOW },
    exited: stopped('no-job'),
    stop: stopped('evicted'),
  },
  idle: {
    'job-started': { ...moved('busy'), hadJob: true },
    'told-done': { toldDoneMs: NOW },
    exited: stopped('no-job'),
    stop: stopped('evicted'),
  },
  busy: {
    'job-completed': { jobEndedMs: NOW },
    'told-done': { toldDoneMs: NOW },
    exited: stopped('job-done'),
    stop: stopped('evicted'),
  },
  stopping: {},
};

describe.each(PHASES)('while %s', (phase) => {
  const runner = aRunner('1', phase);
  const changes = Object.entries(EVENTS).map(([type, event]) => ({ type, event }));
  test.each(changes)('the news "$type" does what it should and no more', ({ event }) => {
    const change = CHANGES[phase][event.type];
    const after = advance(runner, event, NOW);
    if (change) expect(after).toEqual({ ...runner, ...change });
    else expect(after).toBe(runner);
  });
});

test.each(['job-completed', 'told-done'] as const)(
  'who repeats that the job is over (%s) does not push the teardown back',
  (type) => {
    const ended = advance(aRunner('1', 'busy'), EVENTS[type], NOW);
    expect(advance(ended, EVENTS[type], NOW + 5_000)).toBe(ended);
  },
);

test('minting again after a crash replaces the registration, the same one again changes nothing', () => {
  const minted = advance(aRunner('1', 'registering'), EVENTS.minted, NOW);
  expect(advance(minted, EVENTS.minted, NOW + 1)).toBe(minted);
  expect(advance(minted, { type: 'minted', registrationId: 43 }, NOW).registrationId).toBe(43);
});

test('I3: no phase is ever entered twice, so a VM that ran a job never waits for another', () => {
  const events = fc.array(fc.constantFrom(...Object.values(EVENTS)));
  fc.assert(
    fc.property(events, (list) => {
      let runner = aRunner('1', 'cloning');
      for (const [index, event] of list.entries()) {
        const next = advance(runner, event, NOW + index);
        expect(PHASES.indexOf(next.phase)).toBeGreaterThanOrEqual(PHASES.indexOf(runner.phase));
        if (runner.hadJob) expect(['busy', 'stopping']).toContain(next.phase);
        runner = next;
      }
    }),
  );
});
