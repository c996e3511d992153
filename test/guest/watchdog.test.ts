/** The watchdog, tick by tick: it counts them, so the test can be the clock. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Sandbox } from '../support/guest/sandbox.ts';
import { until } from '../support/until.ts';

const LIMITS = {
  MACRUNNER_WATCHDOG_TICK_S: '1',
  MACRUNNER_WATCHDOG_LIMIT_S: '2',
  MACRUNNER_WATCHDOG_BUSY_LIMIT_S: '4',
};
/** Says how often it was called, and ends when that tick is given. */
const SLEEP = `#!/bin/bash
echo >>"$HOME/sleeps"
nth=$(grep -c '' "$HOME/sleeps")
until [ -e "$HOME/tick-$nth" ]; do /bin/sleep 0.02; done
`;

/** Starts the watchdog. What it returns lets one tick pass, and resolves with whether the VM was powered off. */
function startWatchdog(vm: Sandbox): () => Promise<boolean> {
  const home = (file: string) => vm.path(`Users/admin/${file}`);
  writeFileSync(vm.path('usr/local/double-bin/sleep'), SLEEP, { mode: 0o755 });
  vm.start('bin/watchdog', [], { env: LIMITS });
  const sleeps = () => readFileSync(home('sleeps'), 'utf8').length;
  let ticks = 0;
  return async () => {
    ticks += 1;
    await until(() => sleeps() >= ticks);
    writeFileSync(home(`tick-${ticks}`), '');
    await until(() => sleeps() > ticks);
    return existsSync(home('shutdown-orders'));
  };
}

test('a VM whose events nobody collects is powered off', async () => {
  using vm = new Sandbox();
  rmSync(vm.state('.'), { recursive: true });
  const tick = startWatchdog(vm);
  expect([await tick(), await tick()]).toEqual([false, true]);
});

test('a VM that is followed stays on, and is powered off when the follower is gone', async () => {
  using vm = new Sandbox({ heartbeatMs: 50 });
  const events = vm.start('bin/events', ['1']);
  await until(() => events.lines.length > 0);
  const tick = startWatchdog(vm);
  for (const _ of [1, 2, 3, 4, 5]) {
    const before = events.lines.length;
    await until(() => events.lines.length > before + 1);
    expect(await tick()).toBe(false);
  }
  events.child.kill();
  await events.ended;
  // The first may still see what was collected last.
  await tick();
  await tick();
  expect(await tick()).toBe(true);
});

test('while a job runs it is more patient', async () => {
  using vm = new Sandbox();
  writeFileSync(vm.state('job-running'), '2\n');
  const tick = startWatchdog(vm);
  const orders = [await tick(), await tick(), await tick(), await tick()];
  expect(orders).toEqual([false, false, false, true]);
});

test('a stamp that is no file does not hang it', async () => {
  using vm = new Sandbox();
  mkdirSync(vm.state('collected'));
  const tick = startWatchdog(vm);
  expect([await tick(), await tick()]).toEqual([false, true]);
});
