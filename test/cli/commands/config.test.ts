/** `macrunner config` as a process over a real file. */
import { mkdtempDisposableSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { linesOver, runProgram } from '../../support/program.ts';

const good = {
  github: {
    url: 'https://github.com/acme',
    app: { clientId: 'Iv23aaaaaaaaaaaaaaaa', installationId: 4242, privateKey: 'keychain:github-app-key' },
  },
  pools: [
    {
      name: 'xcode-26',
      labels: ['xcode-26'],
      image: `ghcr.io/acme/macos@sha256:${'a'.repeat(64)}`,
      cpu: 8,
      memoryGiB: 16,
    },
  ],
};

function rig(config: unknown) {
  const home = mkdtempDisposableSync(join(tmpdir(), 'mr-config-'));
  const file = join(home.path, 'config.json');
  writeFileSync(file, JSON.stringify(config));
  return { home: home.path, file, [Symbol.dispose]: () => home.remove() };
}

test('a good configuration is called good', async () => {
  using place = rig(good);
  const { code, stdout, stderr } = await runProgram(place.home, ['config', 'check']);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^Good\. Pools: xcode-26/);
});

test('every problem of a bad one is named, each on its line', async () => {
  using place = rig({ ...good, host: { slots: 3, diskFlorGiB: 1 } });
  const { code, stdout, stderr } = await runProgram(place.home, ['config', 'check']);
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toContain('host.slots = 3');
  expect(stderr).toContain('did you mean "diskFloorGiB"?');
});

test('show names every setting with the layer that it comes from, within 80 columns', async () => {
  using place = rig(good);
  const { stdout } = await runProgram(place.home, ['config', 'show'], { MACRUNNER_CONFIG_HOST__SLOTS: '1' });
  expect(stdout).toMatch(/^host\.slots +1 +environment$/m);
  expect(stdout).toMatch(/^github\.url +https:\/\/github\.com\/acme +file$/m);
  expect(stdout).toMatch(/^host\.diskFloorGiB +80 +default$/m);
  expect(linesOver(80, stdout)).toEqual([]);
});

test('get prints one value as it is, and as JSON', async () => {
  using place = rig(good);
  const [said, json] = await Promise.all([
    runProgram(place.home, ['config', 'get', 'pools.0.name']),
    runProgram(place.home, ['config', 'get', 'pools.0.labels', '--json']),
  ]);
  expect(said.stdout).toBe('xcode-26\n');
  expect(JSON.parse(json.stdout)).toMatchObject({ v: 1, setting: 'pools.0.labels' });
});

test('set changes the file, and says when something stronger hides it', async () => {
  using place = rig(good);
  const { code, stdout, stderr } = await runProgram(place.home, ['config', 'set', 'host.slots', '1'], {
    MACRUNNER_CONFIG_HOST__SLOTS: '2',
  });
  expect(code).toBe(0);
  expect(stdout).toBe('host.slots is set; no agent runs here now.\n');
  expect(stderr).toContain('the environment layer says something else');
  expect(JSON.parse(readFileSync(place.file, 'utf8'))).toMatchObject({ host: { slots: 1 } });
});

test('set leaves the file alone when the whole would be bad', async () => {
  using place = rig(good);
  const before = readFileSync(place.file, 'utf8');
  const { code } = await runProgram(place.home, ['config', 'set', 'host.slots', '9']);
  expect(code).toBe(1);
  expect(readFileSync(place.file, 'utf8')).toBe(before);
});

test('the schema is JSON, in one line when asked', async () => {
  using place = rig(good);
  const { stdout } = await runProgram(place.home, ['config', 'schema', '--json']);
  expect(stdout.trimEnd().split('\n')).toHaveLength(1);
  expect(JSON.parse(stdout)).toHaveProperty('properties.pools');
});
