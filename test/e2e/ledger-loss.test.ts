/** The ledger is lost or spoilt: the agent starts all the same, finds its runners again, and says loudly what happened. */
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  allRunners,
  ended,
  HOLD,
  IOS,
  letGo,
  nothingLeft,
  queueJob,
  runnerIn,
  seen,
  served,
  statusWhere,
  worker,
} from './acts.ts';
import type { Stage } from './stage.ts';

const ledgerOf = (stage: Stage): string => join(stage.home, 'ledger/ledger.db');

test('a malformed ledger is moved aside and said, and a job that runs meanwhile is found and ends well', async () => {
  await using stage = await served();
  const job = queueJob(stage, HOLD);
  const name = await worker(stage, job);
  await stage.stopAgent();
  writeFileSync(ledgerOf(stage), 'this is no database, and was one once');
  await stage.startAgent();
  const status = await statusWhere(stage, 'the runner found again', ({ runners }) => runners.length > 0);
  expect(status).toMatchObject({ isFine: false, runners: [{ name, phase: 'busy' }] });
  expect(status.problems.join()).toMatch(
    /ledger could not be read.*it was moved to .*ledger\.db\.broken-\d+/,
  );
  expect(readdirSync(join(stage.home, 'ledger')).filter((file) => file.includes('broken'))).toHaveLength(1);
  letGo(stage, name);
  expect((await ended(stage, job)).conclusion).toBe('success');
  await nothingLeft(stage);
  expect((await ended(stage, queueJob(stage))).conclusion).toBe('success');
});

test('a ledger that somebody deleted is rebuilt: what runs goes on, what stands ready unknown is taken away', async () => {
  await using stage = await served({ pools: [{ ...IOS, warm: 1 }] });
  const job = queueJob(stage, HOLD);
  const name = await worker(stage, job);
  const warm = await runnerIn(stage, 'warm');
  await stage.stopAgent('SIGKILL');
  for (const side of ['', '-wal', '-shm']) rmSync(ledgerOf(stage) + side, { force: true });
  // With the ledger the open session is forgotten, which GitHub then keeps for a minute from its last sign of life.
  const sets = [...stage.github.world.scaleSets.values()];
  await seen(stage, 'GitHub to miss the agent', () => sets.every(({ gate }) => gate.held === 0));
  stage.github.advance(60_000);
  await stage.startAgent();
  await statusWhere(stage, 'the busy runner', ({ runners }) =>
    runners.some((runner) => runner.name === name && runner.phase === 'busy'),
  );
  letGo(stage, name);
  expect((await ended(stage, job)).conclusion).toBe('success');
  await statusWhere(
    stage,
    'a warm runner of its own',
    ({ runners }) => runners.length === 1 && runners[0]?.phase === 'warm' && runners[0].name !== warm.name,
  );
  // GitHub is asked twice about it before it goes.
  await seen(stage, 'the old one gone', () => !existsSync(stage.tart.rootfs(warm.name)));
  expect((await allRunners(stage)).map(({ why }) => why)).toContain('job-done');
});

test('an agent that is killed before it has found its runners again finds them at its next start', async () => {
  await using stage = await served();
  const job = queueJob(stage, HOLD);
  const name = await worker(stage, job);
  await stage.stopAgent();
  writeFileSync(ledgerOf(stage), 'this is no database');
  stage.github.fault('list-runners', { kind: 'stall' });
  await stage.startAgent();
  await statusWhere(stage, 'the queue open', ({ pools }) => pools[0]?.queue === 'listening');
  await stage.stopAgent('SIGKILL');
  stage.github.clearFaults();
  await stage.startAgent();
  await statusWhere(stage, 'the runner found again', ({ runners }) => runners[0]?.phase === 'busy');
  letGo(stage, name);
  expect((await ended(stage, job)).conclusion).toBe('success');
  await nothingLeft(stage);
});

test('a VM of ours that no ledger knows is removed, and nothing that is not ours', async () => {
  await using stage = await served();
  const status = await statusWhere(stage, 'the queue open', ({ pools }) => pools[0]?.queue === 'listening');
  const prefix = `mr-${status.host.id}-`;
  for (const name of [`${prefix}ios-00000000`, 'mr-zzzzzz-ios-00000000', 'somebody-elses'])
    stage.tart.addImage(name);
  await stage.stopAgent();
  await stage.startAgent();
  await statusWhere(stage, 'the orphan gone', () => !existsSync(stage.tart.rootfs(`${prefix}ios-00000000`)));
  expect(readdirSync(join(stage.tart.home, 'vms')).toSorted()).toEqual([
    'macos-ios',
    'mr-zzzzzz-ios-00000000',
    'somebody-elses',
  ]);
});
