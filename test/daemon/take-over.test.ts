/** The first thing an agent does: what a killed one left is ended, what an interrupted pull fetched is kept. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Writable } from 'node:stream';
import pino from 'pino';
import { expect, test } from 'vitest';
import { takeOver } from '../../src/daemon/take-over.ts';
import { fakeGuest } from '../support/fake-guest.ts';
import { isAlive, startTart } from '../support/tart/call.ts';
import { type TartRig, tartRig } from '../support/tart-rig.ts';
import { until } from '../support/until.ts';

const TAG = 'ghcr.io/acme/macos:26';
const VM = 'mr-abc123-ios-1';

function options(rig: TartRig, signal: AbortSignal) {
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  return {
    ...{ hostId: 'abc123', uid: process.getuid?.() ?? 0, hasRunners: true, images: [TAG], lines, signal },
    ...{ program: { tart: rig.double.path, wrap: rig.wrap }, tartHome: rig.double.home },
    ...{ logDir: rig.runLogDir, ps: rig.ps, log: pino({}, sink) },
  };
}

test('a follower of a killed agent is ended and a pull goes on, before any other call', async ({
  signal,
}) => {
  await using rig = tartRig();
  const events = `echo '{"n":1,"type":"hello"}'; exec sleep 300`;
  rig.double.addImage(VM, { rootfs: fakeGuest(rig.dir, { events }) });
  await rig.vms.start(VM, signal);
  const follower = startTart(rig, ['exec', VM, '/usr/local/macrunner-guest/bin/events', '1']);
  await until(() => follower.stdout() !== '');
  rig.double.addRemote(TAG);
  rig.double.configure({ pullFaults: [{ at: 3, kind: 'hang' }] });
  const pull = startTart(rig, ['pull', TAG]);
  await until(() => pull.stdout().endsWith('50%\n'));
  process.kill(pull.pid, 'SIGKILL');
  await pull.outcome;
  const before = rig.double.calls().length;

  const given = options(rig, signal);
  const notes = await takeOver(given);
  expect(notes).toEqual([expect.stringContaining(`The interrupted pull of ${TAG} goes on`)]);
  expect(await isAlive(follower.pid)).toBe(false);
  expect(given.lines.join('')).toContain(`"vms":["${VM}"]`);
  expect(
    rig.double
      .calls()
      .slice(before)
      .map(({ command }) => command),
  ).toEqual(['pull']);
  rig.double.configure({ pullFaults: [] });
  await until(() => rig.vms.hasImage(TAG, signal));
});

test('where nothing was left, nothing is started and nothing is said', async ({ signal }) => {
  await using rig = tartRig();
  const given = options(rig, signal);
  expect(await takeOver(given)).toEqual([]);
  expect([rig.double.calls(), given.lines]).toEqual([[], []]);
});

test('a process table that cannot be read keeps no agent from its jobs', async ({ signal }) => {
  await using rig = tartRig();
  const given = { ...options(rig, signal), ps: '/nowhere/ps' };
  expect(await takeOver(given)).toEqual([]);
  expect(given.lines.join('')).toContain('could not be ended');
});

test('an agent that is told to stop meanwhile gets on with stopping, and that is no error', async ({
  signal,
}) => {
  await using rig = tartRig();
  rig.double.addRemote(TAG);
  rig.double.configure({ pullFaults: [{ at: 3, kind: 'hang' }] });
  const pull = startTart(rig, ['pull', TAG]);
  await until(() => pull.stdout().endsWith('50%\n'));
  process.kill(pull.pid, 'SIGKILL');
  await pull.outcome;
  rig.double.configure({ pullFaults: [{ at: 'manifest', kind: 'hang' }] });
  const stop = new AbortController();
  const given = options(rig, AbortSignal.any([signal, stop.signal]));
  const taking = takeOver({ ...given, hasRunners: false });
  await until(() => rig.double.calls('pull').length === 2);
  stop.abort(new Error('enough'));
  expect(await taking).toEqual([]);
  expect(given.lines).toEqual([]);
  rig.double.configure({ pullFaults: [] });
  await until(() => rig.vms.hasImage(TAG, signal));
});

test('a follower is found by the real process table, too', async ({ signal }) => {
  await using rig = tartRig();
  const { ps: _, ...given } = options(rig, signal);
  const argv = ['exec', `mr-abc123-ios-${process.pid}`, '/usr/local/macrunner-guest/bin/events', '1'];
  const code = `process.title = ${JSON.stringify([rig.double.path, ...argv].join(' '))}; process.stdout.write('up'); setInterval(() => {}, 9e4)`;
  const child = spawn(process.execPath, ['-e', `${code} //${'x'.repeat(200)}`], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(child.stdout, 'data');
  await takeOver({ ...given, images: [] });
  expect(await isAlive(child.pid ?? 0)).toBe(false);
});
