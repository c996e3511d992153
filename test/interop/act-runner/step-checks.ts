/** What becomes of a job's steps in the other's runner: run for real, judged, told of and logged. */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../../support/until.ts';
import type { Check } from '../suite.ts';
import type { ActRunnerRig } from './rig.ts';

export function stepChecks(rig: ActRunnerRig): readonly Check[] {
  return [...scriptChecks(rig), ...conclusionChecks(rig), ...logChecks(rig)];
}

const SHOWN = 'REPOSITORY RUN_ID RUN_ATTEMPT JOB WORKFLOW EVENT_NAME REF SHA ACTOR'.split(' ');

function scriptChecks(rig: ActRunnerRig): readonly Check[] {
  return [
    {
      name: 'a step runs for real on this machine: it writes a file',
      async run() {
        const { job, runner, code } = await rig.serve([{ run: 'echo "from a step" >"$HOME/written"' }]);
        deepEqual([code, job.status, job.result], [0, 'completed', 'succeeded']);
        equal(readFileSync(join(runner.directory, 'written'), 'utf8'), 'from a step\n');
      },
    },
    {
      name: 'a script of several lines, with quotes, braces and other alphabets, arrives as it was written',
      async run() {
        const lines = [
          `printf '%s\\n' "Grüße, 世界" 'it''s "quoted"' >"$HOME/out"`,
          'if true; then',
          '  echo {a,b} >>"$HOME/out"',
          'fi',
        ];
        const { runner } = await rig.serve([{ name: 'several lines', run: lines.join('\n') }]);
        equal(readFileSync(join(runner.directory, 'out'), 'utf8'), 'Grüße, 世界\nits "quoted"\na b\n');
      },
    },
    {
      name: 'the github context arrives: a step sees repository, run, event, ref, commit and actor',
      async run() {
        const run = SHOWN.map((name) => `echo "$GITHUB_${name}" >>"$HOME/facts"`).join('\n');
        const order = {
          name: 'facts',
          repository: 'acme/lib',
          event: 'pull_request',
          ref: 'refs/pull/7/merge',
        };
        const { job, runner } = await rig.serve([{ run }], { ...order, actor: 'mona', workflow: 'Checks' });
        const { id, sha } = job.run;
        const expected = [
          'acme/lib',
          id,
          1,
          'facts',
          'Checks',
          'pull_request',
          'refs/pull/7/merge',
          sha,
          'mona',
        ];
        const seen = readFileSync(join(runner.directory, 'facts'), 'utf8').trimEnd().split('\n');
        deepEqual(seen, expected.map(String));
      },
    },
  ];
}

function conclusionChecks(rig: ActRunnerRig): readonly Check[] {
  return [
    {
      name: 'a failing step fails the job; what follows is skipped, unless its condition holds all the same',
      async run() {
        const { job, code, runner } = await rig.serve([
          { name: 'first', run: 'true' },
          { name: 'failing', run: 'exit 3' },
          { name: 'plain', run: 'touch "$HOME/plain"' },
          { name: 'always', run: 'touch "$HOME/always"', if: 'always()' },
          {
            name: 'failure',
            run: 'touch "$HOME/failure"',
            if: `\${{ failure() && github.ref == 'refs/heads/main' }}`,
          },
          { name: 'cancelled', run: 'touch "$HOME/cancelled"', if: 'cancelled()' },
        ]);
        deepEqual([code, job.result], [0, 'failed']);
        const ran = ['plain', 'always', 'failure', 'cancelled'].map((name) =>
          existsSync(join(runner.directory, name)),
        );
        deepEqual(ran, [false, true, true, false]);
        const own = job.stepResults.slice(-6).map(({ name, conclusion }) => `${name} ${conclusion}`);
        deepEqual(own, [
          'first succeeded',
          'failing failed',
          'plain skipped',
          'always succeeded',
          'failure succeeded',
          'cancelled skipped',
        ]);
      },
    },
    {
      name: 'a condition without a status function is met only while nothing has failed',
      async run() {
        const onMain = `github.ref == 'refs/heads/main'`;
        const { job, runner } = await rig.serve([
          { run: 'touch "$HOME/before"', if: onMain },
          { run: 'touch "$HOME/elsewhere"', if: `!(${onMain})` },
          { run: 'false' },
          { run: 'touch "$HOME/after"', if: onMain },
        ]);
        equal(job.result, 'failed');
        const ran = ['before', 'elsewhere', 'after'].map((name) => existsSync(join(runner.directory, name)));
        deepEqual(ran, [true, false, false]);
      },
    },
  ];
}

function logChecks(rig: ActRunnerRig): readonly Check[] {
  return [
    {
      name: 'what a step prints reaches the live console, and sealed logs of each step and of the job',
      async run() {
        const { job } = await rig.serve([{ run: 'echo one; echo two >&2' }]);
        await until(() => job.log.includes('one') && job.log.includes('two'));
        const whole = job.logBlobs.get('job');
        match(whole?.text ?? '', /Z one\n.*Z two\n/);
        deepEqual([whole?.sealed, whole?.lineCount], [true, whole?.text.trimEnd().split('\n').length]);
        const ofSteps = [...job.logBlobs].filter(([name, { text }]) => name !== 'job' && text !== '');
        ok(ofSteps.length >= 2, `${ofSteps.length} logs of steps`);
      },
    },
    {
      name: 'the job’s token is known to the step and masked in all that it prints',
      async run() {
        const { job, runner } = await rig.serve([
          { run: 'echo "$ACTIONS_RUNTIME_TOKEN" >"$HOME/token"; echo "token $ACTIONS_RUNTIME_TOKEN"' },
        ]);
        const token = readFileSync(join(runner.directory, 'token'), 'utf8').trim();
        ok(token.length > 20, 'the step has no token');
        await until(() => job.log.includes('token ***'));
        ok(!JSON.stringify([job.log, [...job.logBlobs.values()]]).includes(token), 'the token was logged');
      },
    },
    {
      name: 'nothing else that it sent was refused',
      async run() {
        const refused = rig.github.requests().filter(({ status }) => status >= 400);
        const kinds = new Set(refused.map(({ route, status }) => `${route} ${status}`));
        deepEqual(
          [...kinds].filter((kind) => !(kind in EXPECTED)),
          [],
        );
      },
    },
  ];
}

const EXPECTED = {
  'connection-data 401': 'it asks for a token only when it is told to',
  'runner-message 404': 'its poll is held while its job ends, and its record with it',
  'runner-token 400': 'a spent credential was tried again',
};
