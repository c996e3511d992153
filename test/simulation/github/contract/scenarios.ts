/** What is played on both stages. Each scenario waits for quiet before its next step, so that its order is the only one. */
import { until } from '../../../support/until.ts';
import { type Host, hostOn, type Knobs, type Stage } from './stage.ts';

type Step = (stage: Stage, signal: AbortSignal) => Promise<readonly Host[]>;

export interface Scenario {
  readonly knobs?: Knobs;
  readonly play: Step;
}

const JOB = ['xcode-26'];
const LAPSE_MS = 300_000;
const hears = (host: Host, word: string) => () => host.heard.some((line) => line.includes(word));
const name = (n: number) => `mr-abc123-ios-0000000${n}`;

/** One host that listens; ends it afterwards. */
function listening(
  knobs: Knobs,
  work: (stage: Stage, host: Host, signal: AbortSignal) => Promise<void>,
): Scenario {
  return {
    knobs,
    async play(stage, signal) {
      const host = hostOn(stage);
      await host.listen();
      await work(stage, host, signal);
      await host.settled();
      await host.end();
      return [host];
    },
  };
}

const oneJob = listening({}, async (stage, host, signal) => {
  stage.queueJob(JOB, 'one');
  await host.settled(hears(host, 'JobAssigned'));
  const minted = await host.mint(name(1), signal);
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
  const [first, second] = [await host.mint(name(1), signal), await host.mint(name(2), signal)];
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
  const { jitConfig } = await host.mint(name(1), signal);
  const runner = await stage.startRunner(jitConfig);
  await runner.finish('succeeded');
  await host.settled(hears(host, '"result":"succeeded"'));
  await host.settled(() => host.heard.filter((line) => line.includes('acquirejobs 200')).length === 3);
});

/** Two hosts are offered the same job, and one of them gets it. */
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

const nameTaken = listening({ unknownAgentDelete: 404 }, async (_, host, signal) => {
  await host.mint(name(1), signal);
  const again = await host.mint(name(1), signal);
  await host.remove(again.registrationId, signal);
  await host.remove(again.registrationId, signal);
  await host.look(signal);
});

const nameOfAnother: Scenario = {
  async play(stage, signal) {
    const first = hostOn(stage);
    const second = hostOn(stage, { hostId: 'def456' });
    const { jitConfig } = await first.mint(name(1), signal);
    await second.mint(name(1), signal).catch((error) => second.heard.push(String(Object(error).code)));
    await first.listen();
    stage.queueJob(JOB, 'one');
    await first.settled(hears(first, 'JobAssigned'));
    await stage.startRunner(jitConfig);
    await first.mint(name(1), signal).catch((error) => first.heard.push(String(Object(error).code)));
    await first.end();
    return [first, second];
  },
};

const twoListeners: Scenario = {
  async play(stage) {
    const first = hostOn(stage);
    await first.listen();
    const second = hostOn(stage);
    second.begin();
    await until(hears(second, 'github-conflict'));
    await first.end();
    await second.settled();
    await second.end();
    return [first, second];
  },
};

/** Messages that were delivered and not acknowledged come to the next life, though a session is left behind. */
const crash: Scenario = {
  async play(stage) {
    const first = hostOn(stage);
    await first.listen();
    stage.fault('ack', 500, 2);
    stage.queueJob(JOB, 'one');
    await until(
      () =>
        first.heard.filter((line) => line.startsWith('DELETE')).length > 0 &&
        stage.set(first.set)?.heldPolls === 1,
    );
    stage.queueJob(JOB, 'two');
    await until(() => hears(first, '"two"')() && stage.set(first.set)?.heldPolls === 1);
    first.crash();
    await until(() => stage.set(first.set)?.heldPolls === 0);
    const second = hostOn(stage);
    second.begin();
    await until(hears(second, 'github-conflict'));
    stage.advance(50_000);
    await second.settled(hears(second, '"one"'));
    await second.end();
    return [first, second];
  },
};

const revoked = listening({}, async (stage, host, signal) => {
  stage.expireTokens();
  stage.queueJob(JOB, 'one');
  await host.settled(hears(host, 'JobAssigned'));
  await host.mint(name(1), signal);
});

const expired = listening({}, async (stage, host, signal) => {
  stage.advance(3_600_000);
  await host.settled();
  stage.queueJob(JOB, 'one');
  await host.settled(hears(host, 'JobAssigned'));
  await host.mint(name(1), signal);
});

const deleted = listening({}, async (stage, host, signal) => {
  stage.queueJob(JOB, 'one');
  await host.settled(hears(host, 'JobAssigned'));
  await host.mint(name(1), signal);
  await stage.deleteSet(host.set);
  await host.settled(hears(host, 'runnerscalesets/2/sessions 200'));
  await host.settled(() => host.heard.filter((line) => line.includes('"JobAssigned"')).length === 2);
  await host.look(signal);
  await host.mint(name(2), signal);
});

const forgotten = listening({}, async (stage, host) => {
  stage.queueJob(JOB, 'one');
  await host.settled(hears(host, '"one"'));
  await stage.killSession(host.set);
  await host.settled(hears(host, '<session 2>'));
  stage.queueJob(JOB, 'two');
  await host.settled(hears(host, '"two"'));
});

const cancelled = listening({}, async (stage, host, signal) => {
  await host.announce(1);
  const assigned = stage.queueJob(JOB, 'assigned');
  await host.settled(hears(host, '"assigned"'));
  stage.cancelJob(stage.queueJob(JOB, 'never assigned'));
  stage.cancelJob(assigned);
  await host.settled(hears(host, 'JobCompleted'));
  const running = stage.queueJob(JOB, 'running');
  await host.settled(hears(host, '"running"'));
  const { jitConfig } = await host.mint(name(1), signal);
  const runner = await stage.startRunner(jitConfig);
  stage.cancelJob(running);
  await runner.cancelled();
  await runner.finish('canceled');
  await host.settled(hears(host, `"runner":"${name(1)}"`));
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
  const { jitConfig, registrationId } = await host.mint(name(1), signal);
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
  const { jitConfig, registrationId } = await host.mint(name(1), signal);
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
  const { jitConfig } = await host.mint(name(1), signal);
  const runner = await stage.startRunner(jitConfig);
  await runner.finish('succeeded');
  stage.queueJob(JOB, 'two');
  await host.settled(hears(host, '"two"'));
  stage.advance(60_000);
  await host.settled(hears(host, 'JobCompleted'));
});

const labels: Scenario = {
  knobs: { dropsExtraLabels: true },
  async play(stage) {
    const first = hostOn(stage, { labels: ['macOS'] });
    await first.listen();
    await first.end();
    const second = hostOn(stage);
    await second.listen();
    await second.end();
    return [first, second];
  },
};

const groups: Scenario = {
  async play(stage) {
    const first = hostOn(stage, { group: 'nobodys' });
    first.begin();
    await until(hears(first, 'github-not-found'));
    await first.end();
    first.heard.splice(3); // It has tried again, who knows how often.
    const second = hostOn(stage, { group: 'DEFAULT', labels: [] });
    await second.listen();
    await second.end();
    return [first, second];
  },
};

const broken = listening({}, async (stage, host, signal) => {
  for (const [route, fault] of [
    ['generate-jit-config', 'reset-reply'],
    ['ack', 'reset-reply'],
    ['find-agent', 503],
  ] as const) {
    stage.fault(route, fault, 1);
  }
  await host.mint(name(1), signal);
  stage.queueJob(JOB, 'one');
  await host.settled(hears(host, 'JobAssigned'));
  stage.fault('poll', 500, 1);
  stage.queueJob(JOB, 'two');
  await host.settled(hears(host, '"two"'));
});

export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'one job from its assignment to the end of its record': oneJob,
  'the oldest job goes to the runner that comes first': oldestFirst,
  'jobs wait until capacity is announced': capacity,
  'jobs queued while 0 was announced never come': trapped,
  'jobs are acquired as far as there is room': acquiring,
  'of two sets that a job is offered to, one gets it': offeredToTwo,
  'a name that is taken by a record of our own': nameTaken,
  'a name that is taken by another, and by a runner that works': nameOfAnother,
  'a second listener': twoListeners,
  'a crash, and messages that come again': crash,
  'tokens revoked before their time': revoked,
  'tokens that expired': expired,
  'a scale set deleted by GitHub': deleted,
  'a session forgotten by GitHub': forgotten,
  'jobs cancelled in every state': cancelled,
  'assignments that lapse, until the job is given up': lapsed,
  'a runner that dies with its job': lost,
  'completed while still running, and again': early,
  'completed late, and statistics that lag': late,
  'labels that are changed, and dropped': labels,
  'runner groups': groups,
  'answers that are lost, and errors': broken,
};
