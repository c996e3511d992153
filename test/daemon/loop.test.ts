/** The loop: wake-ups are joined, a turn that fails does not end it, and it stops for good. */
import { expect, test } from 'vitest';
import { Loop } from '../../src/daemon/loop.ts';
import { systemTime } from '../../src/lib/time.ts';

function rig(turn: (nth: number) => void = () => undefined, everyMs = 3_600_000) {
  const seen = { turns: 0, errors: [] as unknown[] };
  const loop = new Loop({
    time: systemTime,
    onError: (error) => seen.errors.push(error),
    turn: () => {
      seen.turns += 1;
      turn(seen.turns);
      return everyMs;
    },
  });
  return { seen, loop };
}

/** All that was asked for by now has had its turn. */
const settled = () => new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)));

test('wake-ups before a turn are joined into one', async () => {
  const { seen, loop } = rig();
  loop.wake();
  loop.wake();
  loop.wake();
  await settled();
  expect(seen.turns).toBe(1);
});

test('a wake-up during a turn brings another one', async () => {
  const { seen, loop } = rig((nth) => {
    if (nth === 1) loop.wake();
  });
  loop.wake();
  await settled();
  await settled();
  expect(seen.turns).toBe(2);
});

test('a turn that throws is told, and the next one comes', async () => {
  const { seen, loop } = rig((nth) => {
    if (nth === 1) throw new Error('a bug');
  });
  loop.wake();
  await settled();
  loop.wake();
  await settled();
  expect([seen.turns, seen.errors]).toEqual([2, [new Error('a bug')]]);
});

test('it looks by itself when nothing wakes it', async () => {
  const { seen, loop } = rig(() => undefined, 5);
  loop.start();
  await expect.poll(() => seen.turns).toBeGreaterThan(2);
  loop.stop();
});

test('after its stop there is no further turn', async () => {
  const { seen, loop } = rig();
  loop.start();
  loop.stop();
  loop.wake();
  await settled();
  expect(seen.turns).toBe(0);
});

test('who waits for a turn goes on when it was taken, also when it failed, and when there will be none', async () => {
  const { seen, loop } = rig((nth) => {
    if (nth === 2) throw new Error('a turn failed');
  });
  await loop.turned();
  expect(seen.turns).toBe(1);
  await loop.turned();
  expect(seen.turns).toBe(2);
  const last = loop.turned();
  loop.stop();
  await last;
  await loop.turned();
  expect(seen.turns).toBe(2);
});
