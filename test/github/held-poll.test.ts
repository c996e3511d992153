/** When a held poll is cut, without a network. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createHeldPoll } from '../../src/github/held-poll.ts';
import { systemTime } from '../../src/lib/time.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A poll that GitHub holds for ever. */
function hold(_announced: number, signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
  );
}

/** Holds polls in a row until stopped, and keeps what each announced and when. */
function pollForEver(cutEveryMs: number) {
  const stop = new AbortController();
  const held = createHeldPoll(systemTime, cutEveryMs);
  const announcements: number[] = [];
  const state = { capacity: 1, announced: announcements };
  const loop = async () => {
    while (!stop.signal.aborted) {
      await held
        .run(
          () => state.capacity,
          stop.signal,
          (announced, signal) => {
            state.announced.push(announced);
            return hold(announced, signal);
          },
        )
        .catch(() => 'stopped');
    }
  };
  const change = (capacity: number) => {
    state.capacity = capacity;
    held.capacityChanged();
  };
  return { state, change, held, stop, done: loop() };
}

test('a change of capacity cuts the held poll at once, and the next one announces it', async () => {
  const { state, change, stop, done } = pollForEver(5_000);
  change(2);
  await vi.advanceTimersByTimeAsync(0);
  expect(state.announced).toEqual([1, 2]);
  stop.abort();
  await done;
});

test('many changes cut once per interval, and the last of them is announced at its end', async () => {
  const { state, change, stop, done } = pollForEver(5_000);
  for (const capacity of [2, 3, 4, 5, 6]) {
    change(capacity);
    await vi.advanceTimersByTimeAsync(500);
  }
  await vi.advanceTimersByTimeAsync(2_400);
  expect(state.announced).toEqual([1, 2]);
  await vi.advanceTimersByTimeAsync(200);
  expect(state.announced).toEqual([1, 2, 6]);
  stop.abort();
  await done;
});

test('a capacity that came back to what was announced cuts nothing', async () => {
  const { state, change, held, stop, done } = pollForEver(5_000);
  change(2);
  await vi.advanceTimersByTimeAsync(100);
  change(3);
  change(2);
  await vi.advanceTimersByTimeAsync(60_000);
  held.capacityChanged();
  expect(state.announced).toEqual([1, 2]);
  stop.abort();
  await done;
});

test('stopping leaves no timer behind', async () => {
  const { change, stop, done } = pollForEver(5_000);
  change(2);
  await vi.advanceTimersByTimeAsync(100);
  change(3);
  expect(vi.getTimerCount()).toBe(1);
  stop.abort();
  await done;
  expect(vi.getTimerCount()).toBe(0);
});

test('nothing is cut, and nothing fails, while no poll is held', () => {
  createHeldPoll(systemTime, 1).capacityChanged();
});
