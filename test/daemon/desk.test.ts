/** The daemon's memory between two looks. */
import { expect, test } from 'vitest';
import { Desk } from '../../src/daemon/desk.ts';

test('a runner rests until its time, and hands stay off it and off what is in flight', () => {
  const desk = new Desk();
  desk.inFlight.add('mr-a');
  desk.rest('mr-b', 100);
  expect([...desk.handsOff(99)]).toEqual(['mr-a', 'mr-b']);
  expect([...desk.handsOff(100)]).toEqual(['mr-a']);
});

test('a runner that came to its end is left alone no longer', () => {
  const desk = new Desk();
  desk.rest('mr-b', 100);
  desk.rouse('mr-b');
  expect([...desk.handsOff(0)]).toEqual([]);
});

test('a pool waits longer with each failure, and a success forgets them all', () => {
  const desk = new Desk();
  const waits = Array.from({ length: 6 }, () => desk.failed('ios', 'boot', 0).retryAtMs);
  expect(waits).toEqual([...waits].sort((a, b) => a - b));
  expect(desk.trouble('ios').failures).toBe(6);
  expect(desk.trouble('mac')).toEqual({ failures: 0, retryAtMs: 0 });
  desk.succeeded('ios', 'boot');
  expect(desk.trouble('ios')).toEqual({ failures: 0, retryAtMs: 0 });
});

test('a VM that boots makes nothing good that failed after booting', () => {
  const desk = new Desk();
  desk.failed('ios', 'serve', 0);
  desk.succeeded('ios', 'boot');
  expect(desk.trouble('ios').failures).toBe(1);
  desk.succeeded('ios', 'serve');
  expect(desk.trouble('ios').failures).toBe(0);
});
