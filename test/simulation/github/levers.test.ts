/** The levers of the simulated GitHub that the one over HTTP does not have, and that a seed repeats itself. */
import { expect, test } from 'vitest';
import { LABELS, read, rigged, watched } from './rig.ts';
import type { Settings } from './settings.ts';

test('a replay brings what was acknowledged, with the same ids', async () => {
  const rig = await rigged();
  void rig.poll();
  rig.github.queueJob({ labels: LABELS });
  await rig.pass(0);
  await rig.ack(100_000_001);
  const held = rig.poll(100_000_001);
  expect(rig.github.replay('set')).toBe(true);
  await rig.pass(0);
  expect(await read(await held)).toEqual({ id: 100_000_001, says: ['JobAssigned job-1'] });
  expect((await rig.ack(100_000_001)).status).toBe(404);
  const seen = watched(rig.poll(100_000_001));
  await rig.pass(0);
  expect(seen.state).toBe('open');
});

/** The order in which three jobs and the end of one are told. */
async function told(settings: Partial<Settings>, seed: number): Promise<readonly string[]> {
  const rig = await rigged(settings, seed);
  void rig.poll(1_000_000_000);
  for (const displayName of ['one', 'two', 'three']) rig.github.queueJob({ labels: LABELS, displayName });
  rig.github.cancelJob('job-1');
  const heard: string[] = [];
  for (let cursor = 0; ; ) {
    const held = rig.poll(cursor);
    await rig.pass(60_000);
    const answer = await held;
    if (answer.status === 202) return heard;
    const { id, says } = await read(answer);
    heard.push(says.join(', '));
    cursor = id;
  }
}

test('entries come together and in order, or each alone and in any order, the same for the same seed', async () => {
  const inOrder = ['JobAssigned job-1', 'JobAssigned job-2', 'JobCompleted job-1', 'JobAssigned job-3'];
  expect(await told({}, 1)).toEqual([inOrder.join(', ')]);
  const seeds = [1, 2, 3, 4];
  const shuffled = await Promise.all(seeds.map((seed) => told({ isReordering: true }, seed)));
  for (const heard of shuffled) expect(heard.toSorted()).toEqual(inOrder.toSorted());
  expect(new Set(shuffled.map((heard) => heard.join())).size).toBeGreaterThan(1);
  expect(await Promise.all(seeds.map((seed) => told({ isReordering: true }, seed)))).toEqual(shuffled);
});

test('levers that do not apply say so', async () => {
  const { github } = await rigged();
  const key = github.queueJob({ labels: LABELS });
  expect([
    ...[github.replay('no'), github.deleteSet('no'), github.killSession('no'), github.pushMessage('no', '')],
    ...[github.forgetRunner('no'), github.completeEarly(key), github.completeAgain(key)],
  ]).toEqual(Array(7).fill(false));
  expect([github.deleteSet('set'), github.deleteSet('set')]).toEqual([true, false]);
});

test('a message of any kind can be put into the queue', async () => {
  const rig = await rigged();
  const held = rig.poll();
  rig.github.pushMessage('set', '[{"messageType":"JobUnheardOf","jobId":"x"}]');
  await rig.pass(0);
  expect(await read(await held)).toEqual({ id: 100_000_001, says: ['JobUnheardOf x'] });
});

test('a job that lapses is told as over, queued anew under another id, and in the end given up', async () => {
  const rig = await rigged({ mostLapses: 1 });
  const listen = async () => {
    for (;;) await rig.poll(1_000_000_000);
  };
  void listen();
  await rig.pass(0);
  const key = rig.github.queueJob({ labels: LABELS });
  await rig.pass(300_000);
  expect(rig.github.job(key)).toMatchObject({ jobId: 'job-1.2', status: 'assigned', lapses: 1 });
  await rig.pass(300_000);
  expect(rig.github.job(key)).toMatchObject({ status: 'completed', ending: 'given-up', result: 'canceled' });
  expect(rig.kinds().filter((kind) => kind.startsWith('job'))).toEqual([
    ...['job-queued', 'job-assigned', 'job-lapsed', 'job-assigned', 'job-lapsed', 'job-completed'],
  ]);
});

test('several sets share the jobs by the seed, none beyond what it announced', async () => {
  const rig = await rigged();
  await rig.admin('POST', 'runtime/runnerscalesets', { name: 'other', labels: [{ name: 'MAC' }] });
  void rig.poll();
  for (let n = 0; n < 3; n += 1) rig.github.queueJob({ labels: LABELS });
  const owned = [...rig.github.sets()].map(({ name, jobs }) => [name, jobs.size]);
  expect(owned).toEqual([
    ['set', 2],
    ['other', 0],
  ]);
  expect(rig.github.job('job-3').status).toBe('queued');
});
