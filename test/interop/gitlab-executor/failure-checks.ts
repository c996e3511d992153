/** What the executor makes of the ways in which tart fails. It shows the first line that tart said, and tries the address ten times. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../../support/until.ts';
import type { Check } from '../suite.ts';
import { ended } from './life-checks.ts';
import { BUILD_FAILURE, type ExecutorRig, SYSTEM_FAILURE } from './rig.ts';

export function failureChecks(rig: ExecutorRig): readonly Check[] {
  return [
    rig.check('an image that the registry refuses fails prepare in the words of tart', refusedImage(rig)),
    rig.check('a script for a VM that is not there fails in the words of tart', missingVm(rig)),
    rig.check('a VM that does not start is told from the output of run', failedStart(rig)),
    rig.check('a VM that never gets an address is given up when the job is cancelled', noAddress(rig)),
    rig.check('a wrong password does not get in', wrongPassword(rig)),
    rig.check('a VM that dies under a script fails it', diesUnderScript(rig)),
    rig.check('cleanup of a VM that switched itself off still deletes it', cleanupAfterShutdown(rig)),
    rig.check('cleanup of a VM that is not there fails, in the words of tart', cleanupOfNothing(rig)),
    rig.check('a stop that run ignores ends by force', forcedStop(rig)),
  ];
}

/** The executor quotes tart as Go quotes strings. */
function quoted(words: string): string {
  return `tart command returned non-zero exit code: ${JSON.stringify(words)}`;
}

function includes(text: string, part: string): void {
  assert.ok(text.includes(part), `${JSON.stringify(part)} is not in:\n${text}`);
}

function refusedImage(rig: ExecutorRig): Check['run'] {
  return async ({ signal }) => {
    const job = rig.job('20');
    rig.double.configure({ pullFaults: [{ at: 'auth', kind: 'status', status: 403 }] });
    const refused = await job.prepare([], { signal });
    rig.double.configure({ pullFaults: [] });
    ended(refused, SYSTEM_FAILURE);
    const why = 'received unexpected HTTP status code 403 while retrieving an authentication token';
    includes(refused.stderr, quoted(`Error: AuthFailed(why: "${why}", details: "")`));
    const env = { CUSTOM_ENV_CI_JOB_IMAGE: 'ghcr.io/acme/none:1' };
    const missing = await job.prepare([], { signal, env });
    ended(missing, SYSTEM_FAILURE);
    const text = 'Error: UnexpectedHTTPStatusCode(when: "pulling manifest", code: 404, details: "")';
    includes(missing.stderr, quoted(text));
    assert.deepEqual(
      rig.double.calls('clone').filter(({ argv }) => argv.includes(job.vm)),
      [],
    );
  };
}

function missingVm(rig: ExecutorRig): Check['run'] {
  return async ({ signal }) => {
    const job = rig.job('21');
    const outcome = await job.run('true', { signal });
    ended(outcome, BUILD_FAILURE);
    includes(outcome.stderr, quoted('the specified VM "gitlab-21" does not exist'));
    assert.equal(rig.double.calls('ip').filter(({ argv }) => argv.includes(job.vm)).length, 10);
  };
}

function failedStart(rig: ExecutorRig): Check['run'] {
  return async ({ signal }) => {
    const job = rig.job('22');
    rig.double.configure({ leakedSlots: 2, timeScale: 0.001 });
    const outcome = await job.prepare([], { signal });
    ended(outcome, SYSTEM_FAILURE);
    includes(outcome.stdout, 'The number of VMs exceeds the system limit\n');
    includes(outcome.stderr, quoted('no IP address found, is your VM running?'));
    const cleanup = await job.cleanup({ signal });
    ended(cleanup, 0);
    includes(cleanup.stderr, quoted('VM "gitlab-22" is not running'));
  };
}

function noAddress(rig: ExecutorRig): Check['run'] {
  return async ({ signal }) => {
    const job = rig.job('23');
    rig.double.configure({ ipDelayMs: null, timeScale: 0.005 });
    const cancel = new AbortController();
    const onOutput = (text: string) => {
      if (text.includes('Failed to retrieve IP address')) cancel.abort();
    };
    const outcome = await job.prepare([], { signal, onOutput, cancel: cancel.signal });
    ended(outcome, SYSTEM_FAILURE);
    includes(outcome.stderr, quoted('no IP address found'));
    ended(await job.cleanup({ signal }), 0);
  };
}

function wrongPassword(rig: ExecutorRig): Check['run'] {
  return async ({ signal }) => {
    const job = rig.job('24');
    ended(await job.prepare([], { signal }), 0);
    const env = { CUSTOM_ENV_TART_EXECUTOR_SSH_PASSWORD: 'wrong' };
    const cancel = new AbortController();
    const tried = job.run('echo in', { signal, env, cancel: cancel.signal });
    // It would try for ever.
    const log = join(rig.double.rootfs(job.vm), '../boot.log');
    const refusals = () => readFileSync(log, 'utf8').match(/Failed password for admin/g)?.length ?? 0;
    await until(() => refusals() >= 2);
    cancel.abort();
    const outcome = await tried;
    ended(outcome, BUILD_FAILURE);
    assert.equal(outcome.stdout, '');
    ended(await job.cleanup({ signal }), 0);
  };
}

function diesUnderScript(rig: ExecutorRig): Check['run'] {
  return async ({ signal }) => {
    const job = rig.job('25');
    ended(await job.prepare([], { signal }), 0);
    const outcome = await job.run('echo begun; sleep 60', {
      signal,
      onOutput: (text) => {
        if (text.includes('begun')) process.kill(rig.double.runPid(job.vm), 'SIGKILL');
      },
    });
    ended(outcome, BUILD_FAILURE);
    assert.equal(await rig.double.isRunning(job.vm), false);
    ended(await job.cleanup({ signal }), 0);
  };
}

function cleanupAfterShutdown(rig: ExecutorRig): Check['run'] {
  return async ({ signal }) => {
    const job = rig.job('26');
    ended(await job.prepare([], { signal }), 0);
    rig.double.power(job.vm, 'off');
    await until(async () => !(await rig.double.isRunning(job.vm)));
    const outcome = await job.cleanup({ signal });
    ended(outcome, 0);
    includes(outcome.stderr, `Failed to stop VM: ${quoted('VM "gitlab-26" is not running')}`);
  };
}

function cleanupOfNothing(rig: ExecutorRig): Check['run'] {
  return async ({ signal }) => {
    const outcome = await rig.job('27').cleanup({ signal });
    ended(outcome, SYSTEM_FAILURE);
    const words = quoted('the specified VM "gitlab-27" does not exist');
    includes(outcome.stderr, `Failed to stop VM: ${words}`);
    includes(outcome.stderr, `failed to delete VM gitlab-27: ${words}`);
  };
}

function forcedStop(rig: ExecutorRig): Check['run'] {
  return async ({ signal }) => {
    const job = rig.job('28');
    rig.double.configure({ ignoresSigint: true });
    ended(await job.prepare([], { signal }), 0);
    const outcome = await job.cleanup({ signal });
    ended(outcome, 0);
    assert.equal(outcome.stderr, '');
  };
}
