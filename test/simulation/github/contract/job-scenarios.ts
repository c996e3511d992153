/** What becomes of jobs and their runners, played on both stages. */
import { hears, JOB, listening, runnerName, type Scenario } from './scenario.ts';
import { hostOn } from './stage.ts';

const LAPSE_MS = 300_000;

const oneJob = listening({}, async (stage, host, signal) => {
  stage.queueJob(JOB, 'one');
  await host.settled(hears(host, 'JobAssigned'));
  const minted = await host.mint(runnerName(1), signal);
  await host.look(signal);
  const runner = await stage.startRunner(minted.jitConfig);
  await host.look(signal);
  await host.remove(minted.registrationId, signal);
  await runner.finish('succeeded');
  await host.settled(hears(host, 'JobCompleted'));
  await host.look(signal);
  await host.remove(minted.registrationId, signal);
});

const oldestFirst = listening({}, async (stage, host, signal) => {
  for (const job of ['one', 'two', 'three']) stage.queueJob(['XCODE-26', 'macos'], job);
  await host.settled(hears(host, '"two"'));
  const [first, second] = [await host.mint(runnerName(1), signal), await host.mint(runnerName(2), signal)];
  const later = await stage.startRunner(second.jitConfig);
  const earlier = await stage.startRunner(first.jitConfig);
  await earlier.finish('failed');
  await host.settled(hears(host, '"three"'));
  await later.finish('succeeded');
  await host.settled(hears(host, '"result":"succeeded"'));
  stage.queueJob(['linux'], 'of nobody');
});

const capacity = listening({}, async (stage, host) => {
  await host.announce(0);
  stage.queueJob(JOB, 'one');
  stage.queueJob(JOB, 'two');
  await host.announce(1);
  await host.settled(hears(host, '"one"'));
  await host.announce(2);
  await host.settled(hears(host, '"two"'));
});

const trapped = listening({ capacityZero: 'never' }, async (stage, host) => {
  await host.announce(0);
  stage.queueJob(JOB, 'trapped');
  await host.announce(1);
  stage.queueJob(JOB, 'free');
  await host.settled(hears(host, '"free"'));
});

const acquiring = listening({ backend: 'acquire' }, async (stage, host, signal) => {
  for (const job of ['one', 'two', 'three']) {
    stage.queueJob(JOB, job);
    await host.settled(hears(host, `"jobDisplayName":"${job}"`));
  }
  await host.settled(hears(host, '"assignedCount":2'));
  const { jitConfig } = await host.mint(runnerName(1), signal);
  const runner = await stage.startRunner(jitConfig);
  await runner.finish('succeeded');
  await host.settled(hears(host, '"result":"succeeded"'));
  await host.settled(() => host.heard.filter((line) => line.includes('acquirejobs 200')).length === 3);
});

const offeredToTwo: Scenario = {
  knobs: { backend: 'acquire' },
  async play(stage) {
    const first = hostOn(stage);
    const second = hostOn(stage, { hostId: 'def456', capacity: 0 });
    await first.listen();
    await second.listen();
    stage.queueJob(JOB, 'one');
    await first.settled(hears(first, 'JobAssigned'));
    await second.settled(hears(second, 'JobAvailable'));
    await second.announce(1);
    await second.settled(hears(second, 'runnerscalesets/2 200'));
    await first.end();
    await second.end();
    return [first, second];
  },
};

const cancelled = listening({}, async (stage, host, signal) => {
  await host.announce(1);
  const assigned = stage.queueJob(JOB, 'assigned');
  await host.settled(hears(host, '"assigned"'));
  stage.cancelJob(stage.queueJob(JOB, 'never assigned'));
  stage.cancelJob(assigned);
  await host.settled(hears(host, 'JobCompleted'));
  const running = stage.queueJob(JOB, 'running');
  await host.settled(hears(host, '"running"'));
  const { jitConfig } = await host.mint(runnerName(1), signal);
  const runner = await stage.startRunner(jitConfig);
  stage.cancelJob(running);
  await runner.cancelled();
  await runner.finish('canceled');
  await host.settled(hears(host, `"runner":"${runnerName(1)}"`));
});

const lapsed = listening({}, async (stage, host) => {
  stage.queueJob(JOB, 'one');
  for (let n = 1; n <= 4; n += 1) {
    await host.settled(() => hears(host, `<job ${n}>`)());
    stage.advance(LAPSE_MS);
  }
  await host.settled(() => host.heard.filter((line) => line.includes('"JobCompleted"')).length === 4);
});

const lost = listening({}, async (stage, host, signal) => {
  stage.queueJob(JOB, 'one');
  await host.settled(hears(host, 'JobAssigned'));
  const { jitConfig, registrationId } = await host.mint(runnerName(1), signal);
  const runner = await stage.startRunner(jitConfig);
  runner.vanish();
  stage.advance(120_000);
  await host.settled(hears(host, 'JobStarted'));
  await host.look(signal);
  await host.remove(registrationId, signal);
  stage.advance(480_000);
  await host.settled(hears(host, 'JobCompleted'));
  await host.look(signal);
  await host.remove(registrationId, signal);
});

const early = listening({}, async (stage, host, signal) => {
  const job = stage.queueJob(JOB, 'one');
  await host.settled(hears(host, 'JobAssigned'));
  const { jitConfig, registrationId } = await host.mint(runnerName(1), signal);
  const runner = await stage.startRunner(jitConfig);
  await stage.completed(job, 'early');
  await host.settled(hears(host, 'JobCompleted'));
  await host.look(signal);
  await host.remove(registrationId, signal);
  await runner.finish('failed');
  await host.settled();
  await stage.completed(job, 'again');
  await host.settled(hears(host, '"result":"failed"'));
});

const late = listening({ completion: 'late', statisticsLag: true }, async (stage, host, signal) => {
  stage.queueJob(JOB, 'one');
  await host.settled(hears(host, 'JobAssigned'));
  const { jitConfig } = await host.mint(runnerName(1), signal);
  const runner = await stage.startRunner(jitConfig);
  await runner.finish('succeeded');
  stage.queueJob(JOB, 'two');
  await host.settled(hears(host, '"two"'));
  stage.advance(60_000);
  await host.settled(hears(host, 'JobCompleted'));
});

export const JOB_SCENARIOS: Readonly<Record<string, Scenario>> = {
  'one job from its assignment to the end of its record': oneJob,
  'the oldest job goes to the runner that comes first': oldestFirst,
  'jobs wait until capacity is announced': capacity,
  'jobs queued while 0 was announced never come': trapped,
  'jobs are acquired as far as there is room': acquiring,
  'of two sets that a job is offered to, one gets it': offeredToTwo,
  'jobs cancelled in every state': cancelled,
  'assignments that lapse, until the job is given up': lapsed,
  'a runner that dies with its job': lost,
  'completed while still running, and again': early,
  'completed late, and statistics that lag': late,
};
