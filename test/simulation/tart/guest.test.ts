/** The simulated guest: its event stream, credential, gate and watchdog, as the host meets them. */
import { expect, test } from 'vitest';
import { CREDENTIAL, following, recorder, serving } from './guest-rig.ts';
import { macRig, startedVm } from './mac-rig.ts';

const MINUTE_MS = 60_000;

test('a job from its credential to its end, with the verdict that opens the gate', async () => {
  const { rig, events, types, seen } = await following();
  const job = await serving(rig, types, 'k');
  await rig.pass(10_000);
  expect(rig.told('steps-begun')).toEqual([]);
  const n = events.findIndex(({ type }) => type === 'job-started') + 1;
  expect(events[n - 1]).toMatchObject({ n, facts: { repository: 'acme/app', runId: '7', runAttempt: '1' } });
  await rig.play(rig.life.guest.verdict('a', n, { allowed: true, why: '' }, rig.signal));
  await rig.until(() => types().includes('exited'));
  const story = ['hello', 'credential-taken', 'online', 'job-started', 'verdict', 'job-completed', 'exited'];
  expect(types()).toEqual(story);
  expect(events.map((event) => event.n)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(rig.github.results).toEqual(new Map([[job.key, 'succeeded']]));
  expect(rig.told('steps-ended')).toEqual([{ what: 'steps-ended', vm: 'a', key: 'k', how: 'succeeded' }]);
  expect(seen.answers).toBe(1);
  expect(seen.lives).toBeGreaterThan(7);
});

test('without a verdict the gate refuses by itself: no step, a failed job, a runner that exits', async () => {
  const { rig, events, types } = await following();
  await serving(rig, types, 'k');
  const beganMs = rig.nowMs();
  await rig.until(() => types().includes('exited'));
  expect(rig.nowMs() - beganMs).toBeGreaterThan(MINUTE_MS);
  expect(rig.nowMs() - beganMs).toBeLessThan(2 * MINUTE_MS);
  expect(types().slice(3)).toEqual(['job-started', 'verdict', 'exited']);
  expect(events[4]).toMatchObject({ allowed: false });
  expect(rig.told('steps-begun')).toEqual([]);
  expect(rig.told('gate-refused')).toMatchObject([{ why: 'no-verdict' }]);
  expect(rig.github.results.get('k')).toBe('failed');
});

test('a verdict that forbids is no step either', async () => {
  const { rig, types } = await following();
  await serving(rig, types, 'k');
  await rig.play(rig.life.guest.verdict('a', 4, { allowed: false, why: 'no' }, rig.signal));
  await rig.until(() => types().includes('exited'));
  expect(rig.told('gate-refused')).toMatchObject([{ why: 'verdict' }]);
  expect(rig.told('steps-begun')).toEqual([]);
});

test.for(['gate', 'steps'] as const)('a job that is cancelled at its %s ends as cancelled', async (stage) => {
  const { rig, types } = await following();
  const job = await serving(rig, types, 'k');
  if (stage === 'steps') {
    await rig.play(rig.life.guest.verdict('a', 4, { allowed: true, why: '' }, rig.signal));
    await rig.until(() => rig.told('steps-begun').length === 1);
  }
  rig.github.cancel('jit', job);
  await rig.until(() => types().includes('exited'));
  expect(rig.github.results.get('k')).toBe('canceled');
  const hows = rig.told('steps-ended').map(({ how }) => how);
  expect(hows).toEqual(stage === 'steps' ? ['canceled'] : []);
});

test('a follower that comes later, or again, gets the events from its number on, and several may follow', async () => {
  const { rig, types } = await following();
  await serving(rig, types, 'k');
  const late = recorder();
  const stop = new AbortController();
  const again = rig.life.guest.follow('a', 3, late, stop.signal);
  await rig.until(() => late.events.length === 2);
  expect(late.events.map((event) => event.n)).toEqual([3, 4]);
  stop.abort('enough');
  await expect(again).rejects.toBe('enough');
  await rig.until(() => types().includes('exited'));
  expect(late.events).toHaveLength(2);
});

test('a second credential is refused; an answer that was lost has given the first', async () => {
  let fault: 'lost-reply' | null = 'lost-reply';
  const rig = macRig({ fault: ({ method }) => (method === 'deliver' ? fault : null) });
  await startedVm(rig, 'a');
  const { guest } = rig.life;
  await rig.pass(MINUTE_MS);
  await expect(rig.play(guest.deliver('a', CREDENTIAL, rig.signal))).rejects.toMatchObject({
    code: 'guest-unreachable',
  });
  fault = null;
  await expect(rig.play(guest.deliver('a', CREDENTIAL, rig.signal))).rejects.toMatchObject({
    code: 'guest-refused',
  });
  expect(rig.told('credential-delivered')).toHaveLength(1);
});

test('a guest that falls silent is let go after three heartbeats, and found again', async () => {
  const { rig, ended, types } = await following();
  await rig.until(() => types().includes('hello'));
  rig.mac.levers.silence('a', 5 * MINUTE_MS);
  await rig.pass(46_000);
  expect(ended.how).toBe('resolved');
  const late = recorder();
  await expect(rig.play(rig.life.guest.follow('a', 1, late, rig.signal))).rejects.toMatchObject({
    code: 'guest-unreachable',
  });
  await rig.pass(4 * MINUTE_MS);
  void rig.life.guest.follow('a', 1, late, rig.signal).catch(() => undefined);
  await rig.until(() => late.events.length === 1);
});

test('a silence shorter than that ends nothing; one that cuts ends the stream at once', async () => {
  const { rig, ended, types } = await following();
  await rig.until(() => types().includes('hello'));
  rig.mac.levers.silence('a', 20_000);
  await rig.pass(MINUTE_MS);
  expect(ended.how).toBe('open');
  rig.mac.levers.silence('a', 1_000, true);
  await rig.until(() => ended.how === 'resolved');
});

test('a guest that never answers is unreachable; one that dies meanwhile, too', async () => {
  const rig = macRig({ guestOf: () => ({ bootMs: null }) });
  await startedVm(rig, 'a');
  const beganMs = rig.nowMs();
  const follow = () => rig.life.guest.follow('a', 1, recorder(), rig.signal);
  await expect(rig.play(follow())).rejects.toMatchObject({ code: 'guest-unreachable' });
  expect(rig.nowMs() - beganMs).toBeGreaterThanOrEqual(30_000);
  const second = follow();
  second.catch(() => undefined);
  await rig.pass(1_000);
  rig.mac.levers.crash('a');
  await expect(rig.play(second)).rejects.toMatchObject({ code: 'guest-unreachable' });
});

test('the end of a VM ends its streams, and its runner and steps with it, without a word', async () => {
  const { rig, ended, types } = await following();
  await serving(rig, types, 'k');
  await rig.play(rig.life.guest.verdict('a', 4, { allowed: true, why: '' }, rig.signal));
  await rig.until(() => rig.told('steps-begun').length === 1);
  rig.mac.levers.crash('a');
  await rig.until(() => ended.how === 'resolved');
  expect(rig.told('steps-ended')).toMatchObject([{ how: 'died' }]);
  expect(rig.github.ends).toEqual(['jit vanished']);
  const { length } = rig.facts;
  await rig.pass(60 * MINUTE_MS);
  expect(rig.facts).toHaveLength(length);
});

test('the watchdog powers off a VM that nobody follows for 15 minutes, and one with a job only after 6 hours', async () => {
  const { rig, types, ended } = await following({ workOf: () => ({ ms: 7 * 60 * MINUTE_MS }) });
  await rig.pass(60 * MINUTE_MS);
  await serving(rig, types, 'k');
  await rig.play(rig.life.guest.verdict('a', 4, { allowed: true, why: '' }, rig.signal));
  await startedVm(rig, 'idle');
  expect(ended.how).toBe('open');
  rig.life.die();
  await rig.pass(20 * MINUTE_MS);
  expect(rig.told('vm-stopped')).toEqual([{ what: 'vm-stopped', vm: 'idle', by: 'itself', why: 'watchdog' }]);
  await rig.pass(6 * 60 * MINUTE_MS);
  expect(rig.told('vm-stopped')).toHaveLength(2);
});

test('what a follower throws ends its stream with it', async () => {
  const rig = macRig();
  await startedVm(rig, 'a');
  const thrown = new Error('no room');
  const record = recorder();
  const stream = rig.life.guest.follow(
    'a',
    1,
    {
      ...record,
      onEvent: () => {
        throw thrown;
      },
    },
    rig.signal,
  );
  await expect(rig.play(stream)).rejects.toBe(thrown);
});
