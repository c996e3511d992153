/** Names, sessions, tokens, sets and their faults, played on both stages. */
import { until } from '../../../support/until.ts';
import { hears, JOB, listening, runnerName, type Scenario } from './scenario.ts';
import { hostOn } from './stage.ts';

const nameTaken = listening({ unknownAgentDelete: 404 }, async (_, host, signal) => {
  await host.mint(runnerName(1), signal);
  const again = await host.mint(runnerName(1), signal);
  await host.remove(again.registrationId, signal);
  await host.remove(again.registrationId, signal);
  await host.look(signal);
});

const nameOfAnother: Scenario = {
  async play(stage, signal) {
    const first = hostOn(stage);
    const second = hostOn(stage, { hostId: 'def456' });
    const { jitConfig } = await first.mint(runnerName(1), signal);
    await second.mint(runnerName(1), signal).catch((error) => second.heard.push(String(Object(error).code)));
    await first.listen();
    stage.queueJob(JOB, 'one');
    await first.settled(hears(first, 'JobAssigned'));
    await stage.startRunner(jitConfig);
    await first.mint(runnerName(1), signal).catch((error) => first.heard.push(String(Object(error).code)));
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
  await host.mint(runnerName(1), signal);
});

const expired = listening({}, async (stage, host, signal) => {
  stage.advance(3_600_000);
  await host.settled();
  stage.queueJob(JOB, 'one');
  await host.settled(hears(host, 'JobAssigned'));
  await host.mint(runnerName(1), signal);
});

const deleted = listening({}, async (stage, host, signal) => {
  stage.queueJob(JOB, 'one');
  await host.settled(hears(host, 'JobAssigned'));
  await host.mint(runnerName(1), signal);
  await stage.deleteSet(host.set);
  await host.settled(hears(host, 'runnerscalesets/2/sessions 200'));
  await host.settled(() => host.heard.filter((line) => line.includes('"JobAssigned"')).length === 2);
  await host.look(signal);
  await host.mint(runnerName(2), signal);
});

const forgotten = listening({}, async (stage, host) => {
  stage.queueJob(JOB, 'one');
  await host.settled(hears(host, '"one"'));
  await stage.killSession(host.set);
  await host.settled(hears(host, '<session 2>'));
  stage.queueJob(JOB, 'two');
  await host.settled(hears(host, '"two"'));
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
  await host.mint(runnerName(1), signal);
  stage.queueJob(JOB, 'one');
  await host.settled(hears(host, 'JobAssigned'));
  stage.fault('poll', 500, 1);
  stage.queueJob(JOB, 'two');
  await host.settled(hears(host, '"two"'));
});

export const QUEUE_SCENARIOS: Readonly<Record<string, Scenario>> = {
  'a name that is taken by a record of our own': nameTaken,
  'a name that is taken by another, and by a runner that works': nameOfAnother,
  'a second listener': twoListeners,
  'a crash, and messages that come again': crash,
  'tokens revoked before their time': revoked,
  'tokens that expired': expired,
  'a scale set deleted by GitHub': deleted,
  'a session forgotten by GitHub': forgotten,
  'labels that are changed, and dropped': labels,
  'runner groups': groups,
  'answers that are lost, and errors': broken,
};
