/** Interrupted pulls: their data is kept from tart's own collection of garbage. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { pullNotes, resumePulls } from '../../src/tart/resume-pulls.ts';
import { startTart } from '../support/tart/call.ts';
import { type TartRig, tartRig } from '../support/tart-rig.ts';
import { until } from '../support/until.ts';

const TAG = 'ghcr.io/acme/macos:latest';

/** A pull that got two of four layers when it was killed. */
async function interrupted(rig: TartRig): Promise<void> {
  rig.double.addRemote(TAG);
  rig.double.configure({ pullFaults: [{ at: 3, kind: 'hang' }] });
  const pull = startTart(rig, ['pull', TAG]);
  await until(() => pull.stdout().endsWith('50%\n'));
  process.kill(pull.pid, 'SIGKILL');
  await pull.outcome;
}

function resume(rig: TartRig, signal: AbortSignal, images: readonly string[] = [TAG], waitMs = 10_000) {
  const program = { tart: rig.double.path, wrap: rig.wrap };
  return resumePulls({
    ...{ program, images, waitMs, signal, ps: rig.ps },
    ...{ tartHome: rig.double.home, logDir: rig.runLogDir },
  });
}

function entry(rig: TartRig): string {
  return join(rig.double.home, 'tmp', createHash('md5').update(TAG).digest('hex'));
}

const layers = (rig: TartRig) => rig.double.fetched().filter((line) => line.includes('layer'));

test('an interrupted pull goes on from where it was, though tart is asked for its list right after', async ({
  signal,
}) => {
  await using rig = tartRig();
  await interrupted(rig);
  // The third layer hangs on, so that the list comes while the pull is under way.
  const [resumed] = await resume(rig, signal, ['template', 'ghcr.io/acme/macos']);
  expect(resumed).toMatchObject({ image: 'ghcr.io/acme/macos', state: 'goes-on' });
  await rig.vms.list(signal);
  expect(existsSync(entry(rig))).toBe(true);
  rig.double.configure({ pullFaults: [] });
  await until(() => rig.vms.hasImage(TAG, signal));
  expect(layers(rig)).toEqual([1, 2, 3, 4].map((layer) => `${TAG} layer ${layer}`));
  expect(pullNotes(resumed ? [resumed] : [])).toEqual([expect.stringContaining('goes on')]);
});

test('without it the list loses what was fetched', async ({ signal }) => {
  await using rig = tartRig();
  await interrupted(rig);
  await rig.vms.list(signal);
  expect(existsSync(entry(rig))).toBe(false);
});

test('where nothing was interrupted, no program is started', async ({ signal }) => {
  await using rig = tartRig();
  rig.double.addRemote(TAG);
  expect(await resume(rig, signal)).toEqual([]);
  expect(rig.double.calls()).toEqual([]);
});

test('a pull that somebody has under way is left to them', async ({ signal }) => {
  await using rig = tartRig();
  rig.double.addRemote(TAG);
  rig.double.configure({ pullFaults: [{ at: 3, kind: 'hang' }] });
  const pull = startTart(rig, ['pull', TAG]);
  await until(() => pull.stdout().endsWith('50%\n'));
  expect(await resume(rig, signal)).toEqual([]);
  expect(rig.double.calls('pull')).toHaveLength(1);
  process.kill(pull.pid, 'SIGKILL');
  await pull.outcome;
});

test('a registry that does not answer is asked again, as long as there is time', async ({ signal }) => {
  await using rig = tartRig();
  await interrupted(rig);
  rig.double.configure({ pullFaults: [] });
  rig.double.script([
    {
      command: 'pull',
      nth: 1,
      exitCode: 1,
      stderr: 'Error: The Internet connection appears to be offline.\n',
    },
  ]);
  expect(await resume(rig, signal)).toMatchObject([
    { image: TAG, state: expect.stringMatching(/goes-on|done/) },
  ]);
  await until(() => rig.vms.hasImage(TAG, signal));
  expect(layers(rig)).toHaveLength(4);
});

test('what does not come to its lock in time holds nothing back, and is told', async ({ signal }) => {
  await using rig = tartRig();
  await interrupted(rig);
  rig.double.configure({ pullFaults: [{ at: 'manifest', kind: 'hang' }] });
  const resumed = await resume(rig, signal, [TAG], 300);
  expect(resumed).toMatchObject([{ state: 'unsafe' }]);
  expect(pullNotes(resumed)).toEqual([expect.stringContaining(`tart pull ${TAG}`)]);
  await until(() => readFileSync(resumed[0]?.logFile ?? '', 'utf8').includes('pulling manifest'));
  rig.double.configure({ pullFaults: [] });
  await until(() => rig.vms.hasImage(TAG, signal));
});

test('behind another pull of the same registry nothing waits', async ({ signal }) => {
  await using rig = tartRig();
  await interrupted(rig);
  const other = 'ghcr.io/acme/linux:1';
  rig.double.addRemote(other);
  const pull = startTart(rig, ['pull', other]);
  await until(() => pull.stdout().endsWith('50%\n'));
  expect(await resume(rig, signal)).toMatchObject([{ state: 'unsafe' }]);
  rig.double.configure({ pullFaults: [] });
  await pull.outcome;
  await until(() => rig.vms.hasImage(TAG, signal));
});
