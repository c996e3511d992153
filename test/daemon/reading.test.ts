/** Readings of the outside: fresh, failed, stale, and asked for while one is being taken. */
import { expect, test } from 'vitest';
import { NEVER } from '../../src/core/due.ts';
import { RepeatedReading } from '../../src/daemon/reading.ts';

const { signal } = new AbortController();

/** A reading whose answers the test gives by hand, on a clock it sets. */
function rig() {
  const clock = { steadyMs: 1_000 };
  const asked: PromiseWithResolvers<string>[] = [];
  const heard: unknown[] = [];
  const reading = new RepeatedReading<string>({
    what: 'the VMs',
    staleMs: 50,
    steadyMs: () => clock.steadyMs,
    onRead: (error) => heard.push(error),
    read: () => {
      const answer = Promise.withResolvers<string>();
      asked.push(answer);
      return answer.promise;
    },
  });
  return { clock, asked, heard, reading };
}

test('before the first answer everything is unknown', () => {
  expect(rig().reading.get()).toEqual({ known: false, why: 'the VMs not read yet' });
});

test('an answer is known until it is stale, counted from when the reading began', async () => {
  const { clock, asked, heard, reading } = rig();
  const done = reading.refresh(signal);
  clock.steadyMs += 30;
  asked[0]?.resolve('two');
  await done;
  expect(reading.get()).toEqual({ known: true, value: 'two' });
  expect(heard).toEqual([null]);
  clock.steadyMs = 1_051;
  expect(reading.get()).toEqual({ known: false, why: 'the VMs last read too long ago' });
});

test('a reading that failed makes the answer before it unknown, never empty', async () => {
  const { asked, heard, reading } = rig();
  const first = reading.refresh(signal);
  asked[0]?.resolve('two');
  await first;
  const second = reading.refresh(signal);
  asked[1]?.reject(new Error('tart hangs'));
  await second;
  expect(reading.get()).toEqual({ known: false, why: 'the VMs cannot be read: tart hangs' });
  expect(heard).toEqual([null, new Error('tart hangs')]);
});

test('a call during a reading takes another one after it, so that its deed is in the answer', async () => {
  const { asked, reading } = rig();
  const first = reading.refresh(signal);
  const late = reading.refresh(signal);
  asked[0]?.resolve('before the deed');
  await expect.poll(() => asked.length).toBe(2);
  asked[1]?.resolve('after it');
  await Promise.all([first, late]);
  expect(reading.get()).toEqual({ known: true, value: 'after it' });
});

test('a failed attempt waits its turn like a good one: no hot loop', async () => {
  const { clock, asked, reading } = rig();
  expect(reading.dueMs(20)).toBeLessThan(clock.steadyMs);
  const first = reading.refresh(signal);
  expect(reading.dueMs(20)).toBe(NEVER);
  asked[0]?.reject(new Error('no'));
  await first;
  expect(reading.dueMs(20)).toBe(clock.steadyMs + 20);
});

test('what was asked about changed: the answer no longer holds and another is due', async () => {
  const { clock, asked, reading } = rig();
  const first = reading.refresh(signal);
  asked[0]?.resolve('two');
  await first;
  reading.forget();
  expect(reading.get().known).toBe(false);
  expect(reading.dueMs(1_000_000)).toBeLessThan(clock.steadyMs);
});
