import { expect, test } from 'vitest';
import { backoff, realSleep, retry } from '../../src/lib/retry.ts';

const never = new AbortController().signal;

test('a task is tried until it works, with the pauses asked for', async () => {
  const pauses: number[] = [];
  const result = await retry(
    async (attempt) => {
      if (attempt < 4) throw new Error('not yet');
      return attempt;
    },
    {
      signal: never,
      attempts: 5,
      pauseMs: backoff(100, 300, () => 0),
      sleep: async (ms) => {
        pauses.push(ms);
      },
    },
  );
  expect({ result, pauses }).toEqual({ result: 4, pauses: [100, 200, 300] });
});

test('the last failure comes out when the attempts are used up', async () => {
  let tries = 0;
  const failing = retry(
    async () => {
      tries += 1;
      throw new Error(`failure ${tries}`);
    },
    { signal: never, attempts: 3, pauseMs: () => 0, sleep: async () => undefined },
  );
  await expect(failing).rejects.toThrow('failure 3');
});

test('what is not worth retrying is not retried', async () => {
  let tries = 0;
  const failing = retry(
    async () => {
      tries += 1;
      throw new Error('final');
    },
    { signal: never, attempts: 3, pauseMs: () => 0, isWorthRetrying: () => false },
  );
  await expect(failing).rejects.toThrow('final');
  expect(tries).toBe(1);
});

test('an abort during a pause rejects with its reason', async () => {
  const stop = new AbortController();
  const failing = retry(
    async () => {
      throw new Error('again');
    },
    {
      signal: stop.signal,
      attempts: 9,
      pauseMs: () => 60_000,
      sleep: (ms, signal) => {
        queueMicrotask(() => stop.abort('enough'));
        return realSleep(ms, signal);
      },
    },
  );
  await expect(failing).rejects.toBe('enough');
});

test('a random part shortens pauses by up to half', () => {
  expect(backoff(100, 1_000, () => 1)(2)).toBe(100);
});
