/** Rule 4: warm runners make way for jobs of other pools. */
import { expect, test } from 'vitest';
import { plan } from '../../../src/core/plan.ts';
import {
  aJob,
  aName,
  aPool,
  aRunner,
  aVm,
  aWorld,
  jobs,
  known,
  NOW,
  SECOND,
  say,
  unknown,
} from '../../support/world.ts';

type Details = Parameters<typeof aWorld>[0];
const needy = aPool('mac', { demand: jobs(aJob('1', { pool: 'mac' })) });
const owner = aPool('ios', { warm: 2 });
const warm = [aRunner('a', 'warm', { slot: 0, sinceMs: NOW - SECOND }), aRunner('b', 'warm', { slot: 1 })];
const full = { pools: [owner, needy], runners: warm };
const steps = (details: Details): readonly string[] => plan(aWorld({ ...full, ...details })).steps.map(say);

test('one job that lacks only a slot evicts one warm runner, the longest warm', () => {
  expect(steps({})).toEqual(['stop ios/b: evicted']);
});

test('the job still waits for the slot to come free', () => {
  expect(plan(aWorld(full)).waiting).toEqual([{ jobId: '1', pool: 'mac', cause: 'slot-busy' }]);
});

test('two jobs evict two', () => {
  const demand = jobs(aJob('1', { pool: 'mac' }), aJob('2', { pool: 'mac' }));
  expect(steps({ pools: [owner, { ...needy, demand }] })).toEqual([
    'stop ios/b: evicted',
    'stop ios/a: evicted',
  ]);
});

test('a runner that boots without a job goes before a warm one', () => {
  const runners = [aRunner('a', 'booting', { slot: 0 }), aRunner('b', 'warm', { slot: 1 })];
  expect(steps({ runners })).toEqual(['stop ios/a: evicted']);
});

test('of two that boot, a job counts on the one in flight, so the other makes way', () => {
  const runners = [
    aRunner('a', 'booting', { slot: 0, sinceMs: NOW - SECOND }),
    aRunner('b', 'booting', { slot: 1, sinceMs: NOW - 2 * SECOND }),
  ];
  const pools = [{ ...owner, demand: jobs(aJob('9')) }, needy];
  expect(steps({ pools, runners, inFlight: new Set([aName('a')]) })).toEqual(['stop ios/b: evicted']);
});

test('nothing is evicted while a slot comes free anyway', () => {
  const runners = [aRunner('a', 'stopping', { slot: 0 }), aRunner('b', 'warm', { slot: 1 })];
  expect(steps({ runners })).toEqual(['stop ios/a: no-job']);
  expect(steps({ runners, inFlight: new Set([aName('a')]) })).toEqual([]);
});

test('nothing is evicted while an orphan that makes way is removed', () => {
  const vms = known([aVm(aName('b')), aVm(aName('z'))]);
  const unlistedSinceMs = new Map([[aName('z'), NOW - 20 * SECOND]]);
  const orphaned = { runners: [aRunner('b', 'warm')], vms, unlistedSinceMs };
  expect(steps(orphaned)).toEqual(['remove-vm ios/z']);
  expect(steps({ ...orphaned, inFlight: new Set([aName('z')]) })).toEqual([]);
});

test('a surplus runner that goes anyway is not joined by an evicted one', () => {
  expect(steps({ pools: [{ ...owner, warm: 1 }, needy] })).toEqual(['stop ios/b: surplus']);
});

test('nothing is evicted when it would free no slot: foreign VMs overcommit the host', () => {
  expect(steps({ vms: known([...warm.map(({ name }) => aVm(name)), aVm('dev-1'), aVm('dev-2')]) })).toEqual(
    [],
  );
});

test('runners that jobs need, serve or wait for are not evicted', () => {
  for (const phase of ['booting', 'registering', 'idle', 'busy'] as const) {
    const runners = [aRunner('a', phase, { slot: 0 }), aRunner('b', phase, { slot: 1 })];
    expect(steps({ runners, pools: [{ ...owner, demand: jobs(aJob('8'), aJob('9')) }, needy] })).toEqual([]);
  }
});

test('a warm runner on which a step works is not evicted', () => {
  expect(steps({ inFlight: new Set([aName('a'), aName('b')]) })).toEqual([]);
});

test.each<[string, Details]>([
  ['that backs off', { pools: [owner, { ...needy, retryAtMs: NOW + 1 }] }],
  ['that is full', { pools: [owner, { ...needy, max: 0 }] }],
  ['whose image is missing', { pools: [owner, { ...needy, image: 'missing' }] }],
  ['on an unfit host', { host: { unfit: 'disk below floor' } }],
])('nothing is evicted for a pool %s', (_, details) => expect(steps(details)).toEqual([]));

test('I5: nothing is evicted from a pool whose demand is unknown, nor while the VMs are unknown', () => {
  expect(steps({ pools: [{ ...owner, demand: unknown }, needy] })).toEqual([]);
  expect(steps({ vms: unknown })).toEqual([]);
});
