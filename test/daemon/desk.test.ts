/** The daemon's memory between two looks. */
import { expect, test } from 'vitest';
import { firstAfter, NEVER } from '../../src/core/due.ts';
import { MacrunnerError } from '../../src/core/error.ts';
import { weighGhosts } from '../../src/core/ghosts.ts';
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

test('what ends or is tried again by itself is known beforehand', () => {
  const desk = new Desk();
  const first = () => firstAfter(0, desk.moments());
  expect(first()).toBe(NEVER);
  desk.ailment.failed(new MacrunnerError('host-unfit', 'tart is too old'), 0);
  expect(first()).toBe(5 * 60_000);
  desk.writing.failed('the disk is full', 1_000);
  expect(first()).toBe(3_000);
  desk.ghosts = weighGhosts(null, { type: 'refused', running: 0, slots: 1 }, 500);
  expect(first()).toBe(2_500);
  desk.rest('mr-b', 100);
  expect(first()).toBe(100);
});
