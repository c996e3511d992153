/** Items 29 to 31 and 36: who gets which job, and which runners are refused. */
import { expect, test } from 'vitest';
import { bootstrap, listen } from './raw-client.ts';
import { simulate } from './simulate.ts';

const job = { labels: ['macOS'] };
const AGENTS = '_apis/distributedtask/pools/0/agents';

test('item 29: a runner whose record was deleted is refused, also while it waits', async () => {
  const github = await simulate({ holdMs: 60_000 });
  const listener = await listen(github);
  const runner = await listener.runner('ghost');
  await runner.authenticate();
  await runner.openSession();
  const held = runner.poll();
  await expect.poll(() => github.world.runners.get(runner.id)?.gate.held).toBe(1);
  expect((await listener.actions.call('DELETE', `${AGENTS}/${runner.id}`)).status).toBe(204);
  expect((await held).body).toMatchObject({ errorKind: 'RunnerNotFound' });
});

test('item 30: among sets that share a label chance decides, the same for the same seed', async () => {
  const shares = async (seed: number) => {
    const github = await simulate({ seed });
    for (const name of ['one', 'two'])
      await (await listen(github, { name, labels: ['macOS', name] })).poll({ capacity: 50 });
    for (let count = 0; count < 20; count += 1) github.queueJob(job);
    return github.jobs().map((each) => each.scaleSetId);
  };
  const first = await shares(7);
  expect(new Set(first)).toEqual(new Set([1, 2]));
  expect(await shares(7)).toEqual(first);
  expect(await shares(8)).not.toEqual(first);
});

test('item 30: labels must be covered, and a set without a session gets nothing', async () => {
  const github = await simulate();
  const listener = await listen(github, { labels: ['self-hosted', 'macOS', 'xcode-26'] });
  const actions = await bootstrap(github);
  await actions.call('POST', '_apis/runtime/runnerscalesets', {
    name: 'silent',
    labels: [{ name: 'linux' }],
  });
  await listener.poll();
  github.queueJob({ labels: ['MACOS', 'xcode-26'] });
  github.queueJob({ labels: ['macOS', 'xcode-16'] });
  github.queueJob({ labels: ['linux'] });
  expect(github.jobs().map((each) => each.scaleSetId)).toEqual([listener.set, null, null]);
});

test('item 30: groups keep public repositories, other repositories and other workflows out', async () => {
  const workflows = ['acme/app/.github/workflows/ci.yml@refs/heads/main'];
  const github = await simulate({ groups: [{ name: 'strict', repositories: ['acme/app'], workflows }] });
  await (await listen(github, { groupId: 2 })).poll();
  github.queueJob({ ...job, visibility: 'public' });
  github.queueJob({ ...job, repository: 'acme/other' });
  github.queueJob({ ...job, ref: 'topic' });
  github.queueJob({ ...job, path: '.github/workflows/evil.yml' });
  github.queueJob(job);
  expect(github.jobs().map((each) => each.status)).toEqual([
    'queued',
    'queued',
    'queued',
    'queued',
    'assigned',
  ]);
});

test('item 30: a repository’s set serves that repository only, and bypasses groups', async () => {
  const github = await simulate();
  await (await listen(github, { scope: 'acme/app' })).poll();
  github.queueJob({ ...job, visibility: 'public' });
  github.queueJob({ ...job, repository: 'acme/other' });
  expect(github.jobs().map((each) => each.status)).toEqual(['assigned', 'queued']);
});

test('item 31: an ephemeral record that stays offline for a day is removed', async () => {
  const github = await simulate({ adminTokenMs: Number.MAX_SAFE_INTEGER / 4 });
  const listener = await listen(github);
  await listener.mint('forgotten');
  github.advance(86_300_000);
  expect(github.runners()).toHaveLength(1);
  github.advance(101_000);
  expect(github.runners()).toEqual([]);
});

test('item 36: a runner below the minimum version is refused', async () => {
  const github = await simulate({ minimumRunnerVersion: '2.329.0' });
  const runner = await (await listen(github)).runner('old');
  await runner.authenticate();
  const old = await runner.openSession('2.99.0');
  expect([old.status, old.body.errorKind]).toEqual([403, 'RunnerVersionTooOld']);
  expect((await runner.openSession('2.337.0')).status).toBe(200);
  expect((await runner.openSession('2.337.0')).status, 'one session at a time').toBe(409);
  expect((await runner.closeSession()).status).toBe(204);
  expect((await runner.openSession('2.337.0')).status).toBe(200);
});
