import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Sandbox } from '../support/guest/sandbox.ts';
import { until } from '../support/until.ts';

const QUICK = {
  MACRUNNER_WATCHDOG_TICK_S: '1',
  MACRUNNER_WATCHDOG_LIMIT_S: '2',
  MACRUNNER_WATCHDOG_BUSY_LIMIT_S: '4',
};

function orders(vm: Sandbox): boolean {
  return existsSync(vm.path('Users/admin/shutdown-orders'));
}

test('a VM whose events nobody collects is powered off', async () => {
  using vm = new Sandbox();
  rmSync(vm.state('.'), { recursive: true });
  vm.start('bin/watchdog', [], { env: QUICK });
  await until(() => orders(vm));
});

test('a VM that is followed stays on, and is powered off when the follower is gone', async () => {
  using vm = new Sandbox({ heartbeatMs: 100 });
  const events = vm.start('bin/events', ['1']);
  await until(() => events.lines.length > 0);
  const begin = performance.now();
  vm.start('bin/watchdog', [], { env: QUICK });
  await until(() => events.lines.length > 35);
  expect(performance.now() - begin).toBeGreaterThan(3_000);
  expect(orders(vm)).toBe(false);
  events.child.kill();
  await until(() => orders(vm));
});

test('while a job runs it is more patient', async () => {
  using vm = new Sandbox();
  writeFileSync(vm.state('job-running'), '2\n');
  const begin = performance.now();
  vm.start('bin/watchdog', [], { env: QUICK });
  await until(() => orders(vm));
  expect(performance.now() - begin).toBeGreaterThan(3_500);
});

test('a stamp that is no file does not hang it', async () => {
  using vm = new Sandbox();
  mkdirSync(vm.state('collected'));
  vm.start('bin/watchdog', [], { env: QUICK });
  await until(() => orders(vm));
});
