/** From credential to end: how the other's runner registers, waits, takes one job, is cancelled, and is forgotten. */
import { deepEqual, equal, match, notEqual, ok } from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../../support/until.ts';
import type { Check } from '../suite.ts';
import { type ActRunnerRig, ANNOUNCED_VERSION, type ForeignRunner } from './rig.ts';

/** A step that runs until the file `go` is in the runner's directory. */
const WAIT = 'echo waiting; while [ ! -e "$HOME/go" ]; do sleep 0.05; done';

function letGo(runner: ForeignRunner): void {
  writeFileSync(join(runner.directory, 'go'), '');
}

export function lifeChecks(rig: ActRunnerRig): readonly Check[] {
  return [...sessionChecks(rig), ...jobChecks(rig), ...endChecks(rig)];
}

function sessionChecks(rig: ActRunnerRig): readonly Check[] {
  return [
    {
      name: 'a credential minted through a scale set is accepted, and signs what is asked of it',
      async run() {
        const before = rig.github.requests().length;
        const runner = await rig.start();
        await until(() => rig.record(runner)?.version === ANNOUNCED_VERSION);
        deepEqual(routesSince(rig, before).slice(0, 5), [
          'connection-data 401',
          'runner-token 200',
          'connection-data 200',
          'legacy-session 200',
          'runner-session 200',
        ]);
        await finish(rig, runner);
      },
    },
    {
      name: 'while it waits for a job it is shown online and idle, and polls on when a poll brings nothing',
      async run() {
        const before = rig.github.requests().length;
        const runner = await rig.start();
        const emptyPolls = () =>
          routesSince(rig, before).filter((route) => route === 'runner-message 202').length;
        await until(() => emptyPolls() >= 2);
        const { status, busy } = rig.record(runner) ?? {};
        deepEqual({ status, busy }, { status: 'online', busy: false });
        match(runner.lines.join('\n'), /Listening for Jobs: interop-/);
        await finish(rig, runner);
      },
    },
  ];
}

/** Gives a waiting runner a job to end with. */
async function finish(rig: ActRunnerRig, runner: ForeignRunner): Promise<void> {
  rig.queue([{ run: 'true' }]);
  equal(await rig.end(runner), 0);
}

function routesSince(rig: ActRunnerRig, first: number): string[] {
  const requests = rig.github.requests().slice(first);
  const ofRunner = requests.filter(({ userAgent }) => /github-act-runner|Go-http-client/.test(userAgent));
  return ofRunner.map(({ route, status }) => `${route} ${status}`);
}

function jobChecks(rig: ActRunnerRig): readonly Check[] {
  return [
    {
      name: 'it takes the oldest job of the set, whichever it was made for, and only that one',
      async run() {
        const older = rig.queue([{ run: 'echo older' }], { name: 'older' });
        const younger = rig.queue([{ run: 'echo younger' }], { name: 'younger' });
        const runner = await rig.start();
        equal(await rig.end(runner), 0);
        equal(rig.job(older).runner?.name, runner.name);
        equal(rig.job(older).result, 'succeeded');
        deepEqual([rig.job(younger).status, rig.job(younger).runner], ['assigned', null]);
        const next = await rig.start();
        equal(await rig.end(next), 0);
        equal(rig.job(younger).runner?.name, next.name);
      },
    },
    {
      name: 'the set hears of the job: assigned, started by this runner, completed with success',
      async run() {
        const jobId = rig.queue([{ run: WAIT }]);
        const runner = await rig.start();
        await until(() => rig.job(jobId).log.includes('waiting'));
        const { status, busy } = rig.record(runner) ?? {};
        deepEqual(
          { job: rig.job(jobId).status, status, busy },
          { job: 'in_progress', status: 'online', busy: true },
        );
        const early = await rig.events(jobId);
        deepEqual(
          early.map(({ messageType }) => messageType),
          ['JobAssigned', 'JobStarted'],
        );
        equal(early[1]?.runnerName, runner.name);
        letGo(runner);
        equal(await rig.end(runner), 0);
        const [last] = await rig.events(jobId);
        deepEqual(
          [last?.messageType, last?.result, last?.runnerName],
          ['JobCompleted', 'succeeded', runner.name],
        );
      },
    },
    {
      name: 'a cancellation stops the running step, always() steps still run, and the job ends as cancelled',
      async run() {
        const jobId = rig.queue([
          { run: `${WAIT}; echo late` },
          { run: 'echo plain' },
          { run: 'touch "$HOME/cleaned"; echo cleaned', if: 'always()' },
        ]);
        const runner = await rig.start();
        await until(() => rig.job(jobId).log.includes('waiting'));
        rig.github.cancelJob(jobId);
        equal(await rig.end(runner), 0);
        equal(rig.job(jobId).result, 'canceled');
        ok(existsSync(join(runner.directory, 'cleaned')), 'the always() step did not run');
        for (const word of ['late', 'plain']) ok(!rig.job(jobId).log.includes(word), `${word} was printed`);
        await until(() => runner.lines.some((line) => line.includes('JobCancellation request received')));
      },
    },
    {
      name: 'an offer that it acknowledged is not repeated while it acquires: it goes on listening',
      async run() {
        rig.github.fault('acquire-job', { kind: 'delay', ms: 300 }, 1);
        const jobId = rig.queue([{ run: WAIT }]);
        const runner = await rig.start();
        await until(() => rig.job(jobId).log.includes('waiting'));
        rig.github.cancelJob(jobId);
        equal(await rig.end(runner), 0);
        equal(rig.job(jobId).result, 'canceled');
      },
    },
    {
      name: 'it renews the lock of its job, with the job’s own token',
      async run() {
        const before = rig.github.requests().length;
        await rig.serve([{ run: 'true' }]);
        ok(routesSince(rig, before).includes('renew-job 200'), routesSince(rig, before).join());
      },
    },
  ];
}

function endChecks(rig: ActRunnerRig): readonly Check[] {
  return [
    {
      name: 'after its one job its record is gone, and it ends by itself',
      async run() {
        const jobId = rig.queue([{ run: WAIT }]);
        const runner = await rig.start();
        await until(() => rig.job(jobId).status === 'in_progress');
        notEqual(rig.record(runner), undefined);
        letGo(runner);
        equal(await rig.end(runner), 0);
        equal(rig.record(runner), undefined);
      },
    },
    {
      name: 'its credential is worth nothing afterwards, and a waiting job is not taken with it',
      async run() {
        const { runner } = await rig.serve([{ run: 'true' }]);
        const waiting = rig.queue([{ run: 'true' }]);
        const before = rig.github.requests().length;
        const again = await rig.startAgain(runner);
        await until(() => routesSince(rig, before).includes('runner-token 400'));
        ok(!routesSince(rig, before).some((route) => route.startsWith('runner-session')));
        equal(rig.job(waiting).runner, null);
        rig.kill(again);
        equal(await rig.end(await rig.start()), 0);
      },
    },
  ];
}
