import { chmodSync, writeFileSync } from 'node:fs';
import { build, buildBinary } from 'plist';
import { expect, test } from 'vitest';
import { settingsOf } from '../../src/config/load.ts';
import { MacrunnerError } from '../../src/core/error.ts';
import { aConfigFile, aPoolEntry, configRig, DIGEST } from '../support/config-rig.ts';

/** The lines of the error that `load` throws, the first one (what and where) left out. */
function problems(load: () => unknown): readonly string[] {
  try {
    load();
  } catch (error) {
    if (!(error instanceof MacrunnerError)) throw error;
    expect(error.code).toBe('config-invalid');
    return error.message
      .split('\n')
      .slice(1)
      .map((line) => line.trim());
  }
  return [];
}

function problemsOf(changes: Record<string, unknown>): readonly string[] {
  using rig = configRig(aConfigFile(changes));
  return problems(rig.load);
}

test('the least configuration is completed with defaults', () => {
  using rig = configRig();
  const { config } = rig.load();
  expect(config).toMatchObject({
    github: { runnerGroup: 'default' },
    host: { slots: 2, tart: 'tart', diskFloorGiB: 80, rebootWhenWedged: false },
    deadlines: { bootSeconds: 180, idleMinutes: 10, ageHours: 6 },
    upkeep: { prune: '30 4 * * *' },
  });
  expect(config.pools[0]).toMatchObject({
    cpu: 4,
    memoryGiB: 8,
    warm: 0,
    max: 2,
    windows: [],
    environment: {},
  });
  expect(config.pools[0]?.labels).toEqual(['self-hosted', 'macOS', 'ARM64', 'ephemeral', 'xcode-26']);
});

test('default labels can be left out, and are never doubled', () => {
  const pools = [aPoolEntry({ defaultLabels: false }), aPoolEntry({ name: 'other', labels: ['MacOS', 'x'] })];
  using rig = configRig(aConfigFile({ pools }));
  expect(rig.load().config.pools.map((pool) => pool.labels)).toEqual([
    ['xcode-26'],
    ['self-hosted', 'ARM64', 'ephemeral', 'MacOS', 'x'],
  ]);
});

test('managed preferences win over the file, the environment over both, and each leaf knows its origin', () => {
  using rig = configRig(aConfigFile({ host: { slots: 1, vmUser: 'ci', diskFloorGiB: 50 } }));
  rig.writeManaged(buildBinary({ host: { slots: 2, diskFloorGiB: 60 }, PayloadUUID: 'x' }));
  rig.env.MACRUNNER_CONFIG_HOST__DISK_FLOOR_GIB = '70.5';
  const loaded = rig.load();
  expect(loaded.config.host).toMatchObject({ slots: 2, vmUser: 'ci', diskFloorGiB: 70.5 });
  const origins = Object.fromEntries(settingsOf(loaded).map(({ path, origin }) => [path, origin]));
  expect(origins).toMatchObject({
    'host.slots': 'managed',
    'host.vmUser': 'file',
    'host.diskFloorGiB': 'environment',
    'host.tart': 'default',
    'pools.0.labels': 'file',
    'pools.0.cpu': 'default',
  });
});

test('managed preferences may be XML, and may be all there is', () => {
  using rig = configRig(null);
  rig.writeManaged(build(aConfigFile()));
  expect(rig.load().config.pools[0]?.image).toBe(DIGEST);
});

test('a list of a stronger layer replaces the weaker one whole', () => {
  using rig = configRig(aConfigFile({ pools: [aPoolEntry({ cpu: 8 }), aPoolEntry({ name: 'b' })] }));
  rig.writeManaged(buildBinary({ pools: [aPoolEntry({ memoryGiB: 16 })] }));
  const { config, origins } = rig.load();
  expect(config.pools).toMatchObject([{ cpu: 4, memoryGiB: 16 }]);
  expect([origins.get('pools.0.cpu'), origins.get('pools.1.name')]).toEqual([undefined, undefined]);
});

test('the environment reaches list items and free names, and takes texts and JSON', () => {
  using rig = configRig(
    aConfigFile({ trust: { 'main-only': { repositories: ['a/*'], refs: ['main'], events: ['push'] } } }),
  );
  Object.assign(rig.env, {
    MACRUNNER_CONFIG_HOST__ID: '123456',
    MACRUNNER_CONFIG_pools__0__max: '1',
    MACRUNNER_CONFIG_POOLS__0__ENVIRONMENT__LANG: 'C',
    MACRUNNER_CONFIG_TRUST__MAIN_ONLY__REFS: '["main","release/*"]',
  });
  const { config } = rig.load();
  expect(config.host.id).toBe('123456');
  expect(config.pools[0]).toMatchObject({ max: 1, environment: { LANG: 'C' } });
  expect(config.trust['main-only']?.refs).toEqual(['main', 'release/*']);
});

test('managed preferences that others could have written are refused', () => {
  using rig = configRig();
  rig.writeManaged(buildBinary({ host: { slots: 1 } }));
  chmodSync(rig.places.managed, 0o666);
  expect(rig.load).toThrow(/written by somebody else/);
});

test('without any configuration, the error says how to make one', () => {
  using rig = configRig(null);
  expect(rig.load).toThrow(
    expect.objectContaining({
      code: 'config-invalid',
      hint: expect.stringContaining('macrunner config schema'),
    }),
  );
});

test('a file that is no JSON is named with the place, and never quoted', () => {
  using rig = configRig();
  writeFileSync(rig.places.config, '{\n  "github": { "token": "ghp_secretsecret" },,\n}');
  expect(rig.load).toThrow(/config\.json is not JSON/);
  expect(rig.load).not.toThrow(/ghp_/);
});

test('all problems are said at once, each with its place, value, layer and what is allowed', () => {
  using rig = configRig(
    aConfigFile({
      hots: {},
      host: { slotz: 1, slots: 7, tartHome: '/with a space' },
      pools: [aPoolEntry({ image: 'ghcr.io/acme/macos:latest', cpu: 'many', labels: [] })],
      deadlines: { bootSeconds: 0 },
    }),
  );
  rig.env.MACRUNNER_CONFIG_UPKEEP__PRUNE = '99 * * * *';
  expect(problems(rig.load).toSorted()).toEqual(
    [
      'hots: there is no such setting; did you mean "host"?',
      'host.slotz (in the file): there is no such setting; did you mean "slots"?',
      'host.slots = 7 (in the file): must be a whole number from 1 to 2',
      'host.tartHome = "/with a space" (in the file): must be an absolute path of at most 60 characters, without spaces',
      'pools.0.image = "ghcr.io/acme/macos:latest" (in the file): must be an image pinned by digest (registry/path@sha256:…) or the name of a local VM (not one of ours, mr-…)',
      'pools.0.cpu = "many" (in the file): must be a whole number from 1 to 64',
      'pools.0.labels = [] (in the file): must be a list of at least 1',
      'deadlines.bootSeconds = 0 (in the file): must be a number above 0',
      'upkeep.prune = "99 * * * *" (in the environment): must be a cron line of five fields, such as "30 4 * * *"',
    ].toSorted(),
  );
});

test('a secret in the place of a reference is never shown', () => {
  const token = `ghp_${'a1'.repeat(18)}`;
  const lines = problemsOf({ github: { url: `https://${token}@github.com/acme`, token } }).join('\n');
  expect(lines).toContain('github.token = [redacted] (in the file): must be a reference');
  expect(lines).toContain('github.url = "https://[redacted]@github.com/acme"');
  expect(lines).not.toContain('a1a1');
});

test.each<[string, Record<string, unknown>, RegExp]>([
  [
    'neither App nor token',
    { github: { url: 'https://github.com/acme' } },
    /github\.app is missing: exactly one/,
  ],
  [
    'plain http to a stranger',
    { github: { url: 'http://git.acme.com/acme', token: 'file:t' } },
    /github\.url/,
  ],
  ['two pools of one name', { pools: [aPoolEntry(), aPoolEntry()] }, /pools\.1\.name = "ios".*no other pool/],
  ['labels that are the same', { pools: [aPoolEntry({ labels: ['a', 'A'] })] }, /pools\.0\.labels.*differ/],
  [
    'more warm than slots',
    { pools: [aPoolEntry({ warm: 2 }), aPoolEntry({ name: 'b', warm: 1 })] },
    /\(3\) than host\.slots \(2\)/,
  ],
  ['more warm than max', { pools: [aPoolEntry({ warm: 2, max: 1 })] }, /pools\.0\.warm = 2.*"max"/],
  [
    'an unknown policy',
    { pools: [aPoolEntry({ trust: 'nobody' })] },
    /pools\.0\.trust = "nobody".*it has none/,
  ],
  [
    "a local image with a runner's name",
    { pools: [aPoolEntry({ image: 'mr-abc123-x-00000000' })] },
    /pools\.0\.image/,
  ],
  [
    'a lower-case variable',
    { pools: [aPoolEntry({ environment: { path: 'x' } })] },
    /environment\.path: its name must be/,
  ],
  [
    'an unknown time zone',
    { pools: [aPoolEntry({ windows: [{ cron: '0 8 * * *', hours: 1, timeZone: 'Mars/Base', warm: 1 }] })] },
    /timeZone = "Mars\/Base".*IANA/,
  ],
  [
    'a window at the last day of months',
    { pools: [aPoolEntry({ windows: [{ cron: '0 8 L * *', hours: 1, timeZone: 'UTC', warm: 1 }] })] },
    /cron = "0 8 L \* \*"/,
  ],
  ['no object', { host: 7 }, /host = 7.*an object/],
])('%s is refused', (_, changes, line) => {
  expect(problemsOf(changes).join('\n')).toMatch(line);
});

test('GitHub on this machine may speak plain http, and a trailing slash does not matter', () => {
  using rig = configRig(aConfigFile({ github: { url: 'http://127.0.0.1:8080/acme/', token: 'file:t' } }));
  expect(rig.load().config.github.url).toBe('http://127.0.0.1:8080/acme');
});

const ENTERPRISE = { url: 'https://github.com/enterprises/acme', token: 'file:token' };
const REST = { url: 'https://git.acme.dev/acme', token: 'file:token', queue: 'rest' };
const APP = { clientId: 'Iv23x', installationId: 1, privateKey: 'file:app.pem' };

test.each([
  [
    { ...ENTERPRISE, token: undefined, app: APP },
    /^github\.app.* an App cannot register runners of an enterprise/,
  ],
  [{ ...ENTERPRISE, queue: 'rest' }, /^github\.queue.* "scale-set" for an enterprise/],
  [REST, /^github\.repositories.* the repositories to look at/],
  [{ ...REST, repositories: ['globex/app'] }, /^github\.repositories.* repositories of acme/],
  [
    { ...REST, url: 'https://git.acme.dev/acme/app', repositories: ['acme/app'] },
    /^github\.repositories.* left out/,
  ],
  [{ url: 'https://github.com/acme/app.git', token: 'file:token' }, /^github\.url/],
])('settings of GitHub that cannot be together are refused: %o', (github, why) => {
  expect(problemsOf({ github })).toEqual([expect.stringMatching(why)]);
});

test.each([
  ENTERPRISE,
  { ...REST, repositories: ['acme/app', 'Acme/site'] },
  { ...REST, url: 'https://git.acme.dev/acme/app' },
])('%o is understood, and a pool may have the same of its own', (github) => {
  expect(problemsOf({ github })).toEqual([]);
  expect(problemsOf({ pools: [aPoolEntry({ github })] })).toEqual([]);
});

test("a pool's own place at GitHub is checked like the common one", () => {
  const github = { url: 'https://github.com/globex' };
  expect(problemsOf({ pools: [aPoolEntry({ github })] })).toEqual([
    expect.stringMatching(/^pools\.0\.github\.app.*exactly one of "app" and "token"/),
  ]);
});
