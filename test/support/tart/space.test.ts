/** How the double makes room: auto-prune and `prune`. Items are those of the checklist in the notes on tart's contract. */
import { readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type TartRig, tartRig } from '../tart-rig.ts';
import { callTart, runVm } from './call.ts';

const DAY_MS = 86_400_000;

/** By digest, so that each is one entry; 10 GB of 50 each. */
function image(letter: string): string {
  return `ghcr.io/acme/${letter}@sha256:${letter.repeat(64)}`;
}

function wasUsed(rig: TartRig, path: string, daysAgo: number): void {
  const at = new Date(Date.now() - daysAgo * DAY_MS);
  utimesSync(join(rig.double.home, path), at, at);
}

/** Images a, b and c of 10 GB each, used 3, 2 and 1 days ago, on a volume of so many GB. */
function rigOf(volumeGB: number): TartRig {
  const rig = tartRig({ settings: { volumeGB }, image: { allocatedGB: 10 } });
  for (const [at, letter] of ['a', 'b', 'c'].entries()) {
    rig.double.addImage(image(letter), { allocatedGB: 10 });
    wasUsed(rig, `cache/OCIs/ghcr.io/acme/${letter}/sha256:${letter.repeat(64)}`, 3 - at);
  }
  return rig;
}

/** A caller that leaves auto-prune on. */
function tart(rig: TartRig, args: readonly string[]) {
  return callTart(rig, args, { env: { TART_HOME: rig.double.home, CI: '1', PATH: '/usr/bin:/bin' } });
}

async function cached(rig: TartRig): Promise<string> {
  const { stdout } = await tart(rig, ['list', '-q', '--source', 'oci']);
  return [...stdout.matchAll(/@sha256:(.)/g)].map(([, letter]) => letter).join('');
}

test('item 19: a clone takes the least recently used images until its disk would fit, never its source', async () => {
  await using rig = rigOf(75); // 45 free, 40 wanted.
  await tart(rig, ['clone', image('a'), 'vm']);
  expect(await cached(rig)).toBe('abc');
  rig.double.configure({ volumeGB: 60 }); // 30 free: 10 short.
  await tart(rig, ['clone', image('b'), 'vm']);
  expect(await cached(rig)).toBe('b'); // What is gained must be more than what is short.
});

test('item 19: nothing goes when all of it would not do, and with a lower limit less is wanted', async () => {
  await using rig = rigOf(35); // 5 free, 40 wanted, 30 in the cache.
  await tart(rig, ['clone', image('c'), 'vm']);
  expect(await cached(rig)).toBe('abc');
  await tart(rig, ['clone', image('c'), 'vm', '--prune-limit', '7']);
  expect(await cached(rig)).toBe('bc');
});

test('item 19: TART_NO_AUTO_PRUNE forbids it by its mere presence', async () => {
  await using rig = rigOf(60);
  const env = { TART_HOME: rig.double.home, PATH: '/usr/bin:/bin', TART_NO_AUTO_PRUNE: '' };
  expect(await callTart(rig, ['clone', image('a'), 'vm'], { env })).toMatchObject({ exitCode: 0 });
  expect(await cached(rig)).toBe('abc');
});

test('item 19: a pull makes room for the whole disk first', async () => {
  await using rig = rigOf(75);
  rig.double.addRemote('ghcr.io/acme/new:1', { allocatedGB: 10 });
  expect(await tart(rig, ['pull', 'ghcr.io/acme/new:1'])).toMatchObject({ exitCode: 0 });
  expect(await cached(rig)).toMatch(/^bc./);
});

test('item 18: a volume that is full ends a pull half-way', async () => {
  await using rig = rigOf(36);
  rig.double.addRemote('ghcr.io/acme/new:1', { allocatedGB: 10 });
  expect(await callTart(rig, ['pull', 'ghcr.io/acme/new:1'])).toMatchObject({
    exitCode: 1,
    stdout: expect.stringMatching(/\n50%\n$/),
    stderr: expect.stringMatching(/^Error: .*No space left on device\n$/),
  });
});

test('item 20: prune wants a criterion', async () => {
  await using rig = tartRig();
  expect(await tart(rig, ['prune'])).toMatchObject({
    exitCode: 64,
    stderr: expect.stringMatching(
      /^Error: at least one pruning criteria must be specified\nUsage: tart prune/,
    ),
  });
  expect(await tart(rig, ['prune', '--entries', 'x', '--older-than', '1'])).toMatchObject({
    exitCode: 64,
    stderr: expect.stringMatching(/^Error: unsupported --entries value.*\nUsage: tart <subcommand>/),
  });
});

test('item 20: prune by age and by budget, without a word', async () => {
  await using rig = rigOf(1_000);
  const quiet = { exitCode: 0, stdout: '', stderr: '' };
  expect(await tart(rig, ['prune', '--older-than', '3'])).toMatchObject(quiet);
  expect(await cached(rig)).toBe('bc');
  expect(await tart(rig, ['prune', '--space-budget', '10'])).toMatchObject(quiet);
  expect(await cached(rig)).toBe('c');
});

test('item 20: of local VMs a running one is spared, a suspended one is not', async () => {
  await using rig = tartRig({ vms: ['asleep', 'awake', 'off'] });
  writeFileSync(join(rig.double.home, 'vms/asleep/state.vzvmsave'), '');
  await runVm(rig, 'awake');
  await tart(rig, ['prune', '--entries', 'vms', '--older-than', '0']);
  expect((await tart(rig, ['list', '-q'])).stdout).toBe('awake\n');
});

test('item 20: a pruned image leaves its tag pointing nowhere until --gc', async () => {
  await using rig = tartRig({ images: ['ghcr.io/acme/macos:26'] });
  const tag = join(rig.double.home, 'cache/OCIs/ghcr.io/acme/macos');
  await tart(rig, ['prune', '--older-than', '0']);
  expect((await tart(rig, ['list', '-q'])).stdout).toBe('');
  expect(await tart(rig, ['fqn', 'ghcr.io/acme/macos:26'])).toMatchObject({
    exitCode: 1,
    stderr: "OCI storage error: ghcr.io/acme/macos:26 is not a digest and doesn't point to a digest\n",
  });
  expect(readdirSync(tag)).toEqual(['26']);
  await tart(rig, ['prune', '--gc']);
  expect(readdirSync(tag)).toEqual([]);
});

test('a look counts as use, a list does not', async () => {
  await using rig = tartRig({ vms: ['a'] });
  wasUsed(rig, 'vms/a', 400);
  const text = async () => (await tart(rig, ['list'])).stdout.split('\n')[1];
  expect(await text()).toMatch(/^local +a +50 +1 +1 year ago +stopped$/);
  expect(await text()).toContain('1 year ago');
  await tart(rig, ['get', 'a']);
  expect(await text()).toMatch(/\d seconds? ago/);
});
