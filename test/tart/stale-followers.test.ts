/** Followers of a daemon that was killed: real processes, orphaned by SIGKILL of who started them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { endStaleFollowers } from '../../src/tart/stale-followers.ts';
import { fakeGuest } from '../support/fake-guest.ts';
import { isAlive } from '../support/tart/call.ts';
import { type TartRig, tartRig } from '../support/tart-rig.ts';
import { until } from '../support/until.ts';

const OURS = 'mr-abc123-ios-1';
const EVENTS = '/usr/local/macrunner-guest/bin/events';
const uid = process.getuid?.() ?? 0;

/** A VM of that name whose guest writes down that it is being followed. */
async function followable(rig: TartRig, name: string, signal: AbortSignal): Promise<void> {
  const events = 'echo $$ > "$HOME/followed"; exec sleep 300';
  rig.double.addImage(name, { rootfs: fakeGuest(rig.dir, { events }) });
  await rig.vms.start(name, signal);
}

/** Starts an exec from a process that is then killed. Resolves with the exec's own pid. */
async function orphanedExec(rig: TartRig, argv: readonly string[]): Promise<number> {
  const before = rig.double.calls('exec').length;
  const code = `require('node:child_process').spawn('${rig.double.path}', ${JSON.stringify(argv)}, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] }); setInterval(() => {}, 9e4)`;
  const env = { TART_HOME: rig.double.home, CI: '1', PATH: '/usr/bin:/bin' };
  const parent = spawn(process.execPath, ['-e', code], { env, stdio: 'ignore' });
  await until(() => rig.double.calls('exec').length > before);
  const { pid } = rig.double.calls('exec').at(-1) ?? { pid: 0 };
  const name = argv[1] ?? '';
  const mark = join(rig.double.rootfs(name), 'Users/admin/followed');
  if (argv[2] === EVENTS) await until(() => existsSync(mark) && readFileSync(mark, 'utf8') !== '');
  const ended = once(parent, 'exit');
  parent.kill('SIGKILL');
  await ended;
  expect(await isAlive(pid)).toBe(true);
  return pid;
}

function end(rig: TartRig, signal: AbortSignal, change: { prefix?: string; uid?: number } = {}) {
  const { ps } = rig;
  return endStaleFollowers({ tart: rig.double.path, ps, uid, prefix: 'mr-abc123-', signal, ...change });
}

test('a follower that outlived its daemon is ended, its VM goes on', async ({ signal }) => {
  await using rig = tartRig();
  await followable(rig, OURS, signal);
  const pid = await orphanedExec(rig, ['exec', OURS, EVENTS, '1']);
  expect(await end(rig, signal)).toEqual([OURS]);
  expect(await isAlive(pid)).toBe(false);
  expect(await rig.double.isRunning(OURS)).toBe(true);
  expect(await end(rig, signal)).toEqual([]);
});

test('one that SIGTERM does not end is killed', async ({ signal }) => {
  await using rig = tartRig();
  await followable(rig, OURS, signal);
  const pid = await orphanedExec(rig, ['exec', OURS, EVENTS, '1']);
  // A stopped process keeps SIGTERM waiting for ever.
  process.kill(pid, 'SIGSTOP');
  expect(await end(rig, signal)).toEqual([OURS]);
  expect(await isAlive(pid)).toBe(false);
});

test('what belongs to another host, another user, another tart or an operator is left alone', async ({
  signal,
}) => {
  await using rig = tartRig();
  await followable(rig, OURS, signal);
  const follower = await orphanedExec(rig, ['exec', OURS, EVENTS, '1']);
  const shell = await orphanedExec(rig, ['exec', OURS, '/bin/sleep', '300']);
  expect(await end(rig, signal, { prefix: 'mr-abc124-' })).toEqual([]);
  expect(await end(rig, signal, { uid: uid + 1 })).toEqual([]);
  const elsewhere = { tart: '/bin/sh', ps: rig.ps, uid, prefix: 'mr-abc123-', signal };
  expect(await endStaleFollowers(elsewhere)).toEqual([]);
  expect(await isAlive(follower)).toBe(true);
  expect(await end(rig, signal)).toEqual([OURS]);
  expect(await isAlive(shell)).toBe(true);
  process.kill(shell, 'SIGKILL');
});
