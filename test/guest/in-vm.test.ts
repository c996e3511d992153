/** The guest inside a simulated VM, over `tart exec`: both doubles and the guest's own programs together. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { buildGuestImage } from '../support/guest/build-image.ts';
import { installTartDouble, type TartDouble } from '../support/tart/install.ts';
import { until } from '../support/until.ts';
import { endFamily } from '../support/watch/processes.ts';

const VM = 'mr-abc123-ios-00000001';
const dirs: string[] = [];
const doubles: TartDouble[] = [];

afterEach(async () => {
  for (const double of doubles.splice(0)) await double.killAll();
  for (const dir of dirs.splice(0)) {
    await endFamily(`${dir}/`);
    rmSync(dir, { recursive: true, force: true });
  }
});

function tart(
  double: TartDouble,
  args: readonly string[],
  input = '',
): { child: ChildProcess; said: () => string; output: Promise<string> } {
  const child = spawn(double.path, args, { env: { PATH: process.env.PATH, TART_HOME: double.home } });
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += chunk;
  });
  child.stdin.end(input);
  return {
    child,
    said: () => text,
    output: new Promise((resolve) => child.on('close', () => resolve(text))),
  };
}

async function bootedVm(): Promise<TartDouble> {
  const dir = mkdtempSync(join(tmpdir(), 'mrvm-'));
  dirs.push(dir);
  const rootfs = join(dir, 'image');
  buildGuestImage(rootfs, { heartbeatMs: 100 });
  const double = installTartDouble(join(dir, 't'), { bootDelayMs: 0 });
  doubles.push(double);
  double.addImage('template', { rootfs });
  await tart(double, ['clone', 'template', VM]).output;
  tart(double, ['run', '--no-graphics', VM]);
  await until(() => double.isRunning(VM));
  return double;
}

const BIN = '/usr/local/macrunner-guest/bin';

test('the host follows a guest, gives it a credential, and the runner job outlives the exec that started it', async () => {
  const double = await bootedVm();
  const follower = tart(double, ['exec', VM, `${BIN}/events`, '1']);
  const input = JSON.stringify({ jitConfig: 'bm90IGpzb24=', environment: {} });
  expect(await tart(double, ['exec', '-i', VM, `${BIN}/bootstrap`], input).output).toBe(
    'macrunner-bootstrap: ok\n',
  );
  await until(() => existsSync(join(double.rootfs(VM), 'Users/admin/.macrunner/events/3.json')));
  await until(() => follower.said().includes('credential-taken'));
  follower.child.kill('SIGINT');
  const lines = (await follower.output).split('\n').filter((line) => line.includes('"n":'));
  expect(lines.map((line) => JSON.parse(line).type).slice(0, 2)).toEqual(['hello', 'credential-taken']);
});

test('a guest that shuts itself down ends its VM', async () => {
  const double = await bootedVm();
  await tart(double, ['exec', VM, 'shutdown', '-h', 'now']).output;
  await until(async () => !(await double.isRunning(VM)));
});
