/** Waiting ends at the deadline or with the signal, whatever the work does. */
import { expect, test } from 'vitest';
import { orAbort, withDeadline } from '../../src/github/deadline.ts';
import { createFresh } from '../../src/github/fresh.ts';
import { pause, systemTime } from '../../src/lib/time.ts';

const never = () => new Promise<never>(() => undefined);

test('work that never ends is left at its deadline, and is told so', async ({ signal }) => {
  let told: AbortSignal | undefined;
  const limit = { time: systemTime, signal, timeoutMs: 20, what: 'GET /slow' };
  const waiting = withDeadline(limit, (inner) => {
    told = inner;
    return never();
  });
  await expect(waiting).rejects.toMatchObject({ code: 'github-unavailable', timedOut: true });
  expect(told?.aborted).toBe(true);
});

test('the caller gets its own reason when it stops', async () => {
  const stop = new AbortController();
  const waiting = withDeadline(
    { time: systemTime, signal: stop.signal, timeoutMs: 60_000, what: 'GET /slow' },
    never,
  );
  stop.abort(new Error('told to stop'));
  await expect(waiting).rejects.toThrow('told to stop');
});

test('a pause ends early, and quietly, when the signal aborts', async () => {
  const stop = new AbortController();
  const paused = pause(systemTime, 60_000, stop.signal);
  stop.abort();
  await paused;
  await pause(systemTime, 60_000, stop.signal);
  await expect(orAbort(never(), stop.signal)).rejects.toThrow();
});

test('a value is obtained once for all who ask at the same time, and kept while fresh', async ({
  signal,
}) => {
  let obtained = 0;
  const source = createFresh({ obtain: async () => ({ n: ++obtained }), isFresh: ({ n }) => n > 1 });
  const [first, second] = await Promise.all([source.get(signal), source.get(signal)]);
  expect([first.n, second.n]).toEqual([1, 1]);
  expect((await source.get(signal)).n).toBe(2);
  expect((await source.get(signal)).n).toBe(2);
});

test('only the value that was refused is thrown away', async ({ signal }) => {
  let obtained = 0;
  const source = createFresh({ obtain: async () => ({ n: ++obtained }), isFresh: () => true });
  const first = await source.get(signal);
  source.invalidate(first);
  const second = await source.get(signal);
  source.invalidate(first);
  expect(await source.get(signal)).toBe(second);
});

test('one who stops waiting leaves the others their value; when all have left, the work is called off', async () => {
  let told: AbortSignal | undefined;
  const result = Promise.withResolvers<{ n: number }>();
  const source = createFresh({
    obtain: (signal) => {
      told = signal;
      return result.promise;
    },
    isFresh: () => true,
  });
  const [one, two] = [new AbortController(), new AbortController()];
  const [first, second] = [source.get(one.signal), source.get(two.signal)];
  one.abort();
  await expect(first).rejects.toThrow();
  expect(told?.aborted).toBe(false);
  two.abort();
  await expect(second).rejects.toThrow();
  expect(told?.aborted).toBe(true);
});

test('a failure is told to all who wait and is not kept', async ({ signal }) => {
  let obtained = 0;
  const source = createFresh({
    obtain: async () => {
      obtained += 1;
      if (obtained === 1) throw new Error('once');
      return { n: obtained };
    },
    isFresh: () => true,
  });
  await expect(source.get(signal)).rejects.toThrow('once');
  expect((await source.get(signal)).n).toBe(2);
});
