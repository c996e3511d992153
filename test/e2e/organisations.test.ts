/** One host for two organisations: each pool's runners register with its own, and nothing is mixed up. */
import { expect, test } from 'vitest';
import { allRunners, ended, HOLD, IOS, letGo, MAC, nothingLeft, seen, statusWhere, worker } from './acts.ts';
import { openStage, type Stage } from './stage.ts';

/** A stage on which the pool `mac` serves globex; its agent is not started. */
async function twoOrganisations(): Promise<Stage> {
  const stage = await openStage({ pools: [IOS, MAC], github: { owners: ['acme', 'globex'] } });
  stage.configure((config) => {
    const github = { ...Object(config.github), url: `${stage.github.origin}/globex` };
    return { ...config, pools: [IOS, { ...MAC, github }] };
  });
  return stage;
}

const order = (stage: Stage, label: string, repository: string, run = 'true') =>
  stage.github.queueJob({ name: label, labels: [label], repository, steps: [{ run }] });

test('jobs of two organisations run side by side, and no record is left at either', async () => {
  await using stage = await twoOrganisations();
  await stage.startAgent();
  const jobs = [order(stage, 'ios', 'acme/app', HOLD), order(stage, 'mac', 'globex/site', HOLD)];
  for (const job of jobs) await worker(stage, job);
  const records = stage.github.runners();
  expect(records.map(({ name, scope }) => `${name.split('-')[2]} ${scope}`).toSorted()).toEqual([
    'ios orgs/acme',
    'mac orgs/globex',
  ]);
  for (const { name } of records) letGo(stage, name);
  for (const job of jobs) expect((await ended(stage, job)).conclusion).toBe('success');
  await nothingLeft(stage);
  expect((await allRunners(stage)).map(({ pool, why }) => [pool, why]).toSorted()).toEqual([
    ['ios', 'job-done'],
    ['mac', 'job-done'],
  ]);
  const { pools, github } = await stage.status();
  expect(pools.map(({ url }) => url)).toEqual([null, `${stage.github.origin}/globex`]);
  expect(github.url).toBe(stage.github.url);
});

test('when one organisation cannot be heard, the other is served', async () => {
  await using stage = await twoOrganisations();
  stage.github.fault('POST /orgs/globex/*', { kind: 'status', status: 404, headers: {} });
  await stage.startAgent();
  expect((await ended(stage, order(stage, 'ios', 'acme/app'))).conclusion).toBe('success');
  const { pools } = await statusWhere(stage, 'the trouble of one', (status) =>
    status.pools.some(({ queue }) => queue === 'trouble'),
  );
  expect(pools.map(({ name, queue }) => [name, queue])).toEqual([
    ['ios', 'listening'],
    ['mac', 'trouble'],
  ]);
  await nothingLeft(stage);
});

test('a pool that moves to another organisation on reload serves that one', async () => {
  await using stage = await twoOrganisations();
  await stage.startAgent();
  await seen(stage, 'the set at globex', () =>
    stage.github.scaleSets().some(({ scope }) => scope === 'orgs/globex'),
  );
  stage.configure((config) => ({ ...config, pools: [IOS, MAC] }));
  process.kill(stage.agentPid, 'SIGHUP');
  await seen(stage, 'the set at acme', () =>
    stage.github.scaleSets().some(({ scope, name }) => scope === 'orgs/acme' && name.endsWith('-mac')),
  );
  expect((await ended(stage, order(stage, 'mac', 'acme/app'))).conclusion).toBe('success');
  await nothingLeft(stage);
});
