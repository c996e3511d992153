/** GitHub's runner in the simulated guest: how it comes, serves and goes. */
import { expect, test } from 'vitest';
import { CREDENTIAL, following, serving } from './guest-rig.ts';

const MINUTE_MS = 60_000;

test.for([
  [{ exit: { when: 'connecting', afterMs: 10, code: 7 } }, ['hello', 'credential-taken', 'exited'], 7],
  [{ exit: { when: 'idle', afterMs: 10, code: 3 } }, ['hello', 'credential-taken', 'online', 'exited'], 3],
  [{ neverOnline: true }, ['hello', 'credential-taken'], null],
] as const)('a runner with the script %o tells %o', async ([script, told, code]) => {
  const { rig, events, types } = await following({ guestOf: () => script });
  await rig.play(rig.life.guest.deliver('a', CREDENTIAL, rig.signal));
  await rig.pass(5 * MINUTE_MS);
  expect(types()).toEqual(told);
  expect(events.find((event) => event.type === 'exited')?.code ?? null).toBe(code);
});

test('a runner that breaks in the middle of its job takes its steps along', async () => {
  const { rig, types } = await following({
    guestOf: () => ({ exit: { when: 'busy', afterMs: 10, code: 134 } }),
  });
  await serving(rig, types, 'k');
  await rig.play(rig.life.guest.verdict('a', 4, { allowed: true, why: '' }, rig.signal));
  await rig.until(() => types().includes('exited'));
  expect(rig.told('steps-ended')).toMatchObject([{ how: 'died' }]);
  expect(rig.github.results.size).toBe(0);
  expect(rig.github.ends).toEqual(['jit vanished']);
});

test('a runner waits for a GitHub that cannot be reached, and leaves one that does not know it', async () => {
  const { rig, types } = await following();
  rig.github.refuse('unreachable');
  await rig.play(rig.life.guest.deliver('a', CREDENTIAL, rig.signal));
  await rig.pass(10 * MINUTE_MS);
  expect(types()).toEqual(['hello', 'credential-taken']);
  rig.github.refuse('unknown-registration');
  await rig.until(() => types().includes('exited'));
});

test('an idle runner whose registration is gone exits when it notices', async () => {
  const { rig, types } = await following();
  await rig.play(rig.life.guest.deliver('a', CREDENTIAL, rig.signal));
  await rig.until(() => types().includes('online'));
  rig.github.remove('jit');
  await rig.until(() => types().includes('exited'));
});

test('the same seed tells the same story, another one another', async () => {
  const story = async (seed: number) => {
    const { rig, types } = await following({ seed });
    await serving(rig, types, 'k');
    await rig.play(rig.life.guest.verdict('a', 4, { allowed: true, why: '' }, rig.signal));
    await rig.until(() => types().includes('exited'));
    return JSON.stringify([rig.facts, rig.nowMs()]);
  };
  expect(await story(5)).toBe(await story(5));
  expect(await story(5)).not.toBe(await story(6));
});
