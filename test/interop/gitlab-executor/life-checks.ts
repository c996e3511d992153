/** A job's whole life as the executor drives it, and the options that change how it calls tart. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { parseJson } from '../../../src/lib/parse-json.ts';
import type { Check } from '../suite.ts';
import { BUILD_FAILURE, type ExecutorRig, IMAGE, type Job, type Outcome } from './rig.ts';

const configSchema = z.object({
  driver: z.object({ name: z.string() }),
  builds_dir: z.string(),
  job_env: z.record(z.string(), z.string()),
});

export function ended(outcome: Outcome, exitCode: number): void {
  assert.equal(outcome.exitCode, exitCode, `${outcome.stdout}\n${outcome.stderr}`);
}

export function lifeChecks(rig: ExecutorRig): readonly Check[] {
  const first = rig.job('1');
  return [
    {
      name: 'config names tart as its driver, and asks tart nothing',
      run: async (options) => {
        const outcome = await first.config([], options);
        ended(outcome, 0);
        assert.equal(parseJson(configSchema, outcome.stdout).driver.name, 'tart');
        assert.deepEqual(rig.double.calls(), []);
      },
    },
    {
      name: 'prepare pulls, clones, sets, runs, asks for the address and logs in to the guest with its password',
      run: async (options) => prepares(rig, first, options.signal),
    },
    {
      name: 'run carries a script into the guest, and its output and failure out of it',
      run: async (options) => {
        const hello = await first.run('echo "$USER in $HOME"; cat content; exit 0', options);
        ended(hello, 0);
        assert.equal(hello.stdout, `admin in ${join(rig.double.rootfs(first.vm), 'Users/admin')}\n1`);
        const failed = await first.run('echo left > behind; echo no >&2; exit 7', options);
        ended(failed, BUILD_FAILURE);
        assert.equal(failed.stderr.split('\n')[0], 'no');
        assert.equal(first.exitCodeOfScript(), '7');
        assert.equal((await first.run('cat behind', options)).stdout, 'left\n');
      },
    },
    {
      name: 'cleanup stops and deletes the VM, and its sessions end',
      run: async (options) => {
        ended(await first.cleanup(options), 0);
        assert.deepEqual(first.tartCalls().slice(-2), [`stop ${first.vm}`, `delete ${first.vm}`]);
        assert.equal(existsSync(join(rig.double.home, 'vms', first.vm)), false);
      },
    },
    rig.check(
      'the next job gets the image that the tag has moved to, and nothing of the last',
      movedTag(rig),
    ),
    rig.check('processors, memory, display and network are asked of tart before the start', sizes(rig)),
    rig.check('a bridged VM is found in the ARP table', bridged(rig)),
    rig.check('a directory of the host is mounted by its tag', mounts(rig)),
    rig.check('two jobs at a time have two addresses', twoAtATime(rig)),
  ];
}

async function prepares(rig: ExecutorRig, job: Job, signal: AbortSignal): Promise<void> {
  const registry = {
    CUSTOM_ENV_CI_REGISTRY: 'ghcr.io',
    CUSTOM_ENV_CI_REGISTRY_USER: 'ci',
    CUSTOM_ENV_CI_REGISTRY_PASSWORD: rig.secret,
  };
  const outcome = await job.prepare(['--auto-prune=false'], { signal, env: registry });
  ended(outcome, 0);
  assert.match(outcome.stderr, /Was able to SSH!\nVM is ready\.\n$/);
  const calls = [...new Set(job.tartCalls())];
  const before = [`pull ${IMAGE}`, `clone ${IMAGE} ${job.vm}`, `set --random-mac ${job.vm}`];
  assert.deepEqual(calls.slice(0, 3), before);
  // The start is not waited for: which of the two comes first is left to chance.
  const started = [`ip --wait 60 --resolver dhcp ${job.vm}`, `run --no-graphics ${job.vm}`];
  assert.deepEqual(calls.slice(3, 5).toSorted(), started);
  assert.deepEqual(calls.slice(5), [`get --format json ${job.vm}`]);
  const [pull, clone, set] = rig.double.calls();
  for (const call of [pull, clone]) assert.ok(call?.envNames.includes('TART_REGISTRY_PASSWORD'));
  assert.equal(set?.envNames.includes('TART_REGISTRY_PASSWORD'), false);
  assert.ok(set?.envNames.includes('TART_NO_AUTO_PRUNE'));
  assert.equal(
    rig.double.calls().some(({ argv }) => argv.join(' ').includes(rig.secret)),
    false,
  );
}

function movedTag(rig: ExecutorRig): Check['run'] {
  return async ({ signal }) => {
    rig.publish('2');
    const job = rig.job('2');
    ended(await job.prepare([], { signal }), 0);
    const { stdout } = await job.run('cat content; ls', { signal });
    assert.equal(stdout, '2content\n');
    ended(await job.cleanup({ signal }), 0);
  };
}

function sizes(rig: ExecutorRig): Check['run'] {
  return async ({ signal }) => {
    const job = rig.job('3');
    const env = {
      CUSTOM_ENV_TART_EXECUTOR_DISPLAY: '1920x1080',
      CUSTOM_ENV_TART_EXECUTOR_SOFTNET: 'true',
      CUSTOM_ENV_TART_EXECUTOR_SOFTNET_ALLOW: '10.0.0.0/8',
      CUSTOM_ENV_TART_EXECUTOR_ROOT_DISK_OPTS: 'sync=none',
      CUSTOM_ENV_TART_EXECUTOR_ALWAYS_PULL: 'false',
      CUSTOM_ENV_TART_EXECUTOR_PULL_CONCURRENCY: '8',
    };
    ended(await job.prepare(['--cpu', '6', '--memory', '12288'], { signal, env }), 0);
    const softnet = '--net-softnet --net-softnet-allow 10.0.0.0/8';
    assert.deepEqual(
      job.tartCalls().filter((line) => /^(clone|set|run) /.test(line)),
      [
        `clone ${IMAGE} ${job.vm} --concurrency 8`,
        `set --cpu 6 ${job.vm}`,
        `set --memory 12288 ${job.vm}`,
        `set --random-mac ${job.vm}`,
        `set --display 1920x1080 ${job.vm}`,
        `run ${softnet} --root-disk-opts sync=none --no-graphics ${job.vm}`,
      ],
    );
    const config = readFileSync(join(rig.double.home, 'vms', job.vm, 'config.json'), 'utf8');
    const found: unknown = JSON.parse(config);
    assert.partialDeepStrictEqual(found, {
      cpuCount: 6,
      memorySize: 12_884_901_888,
      display: { width: 1920, height: 1080 },
    });
    ended(await job.cleanup({ signal }), 0);
  };
}

function bridged(rig: ExecutorRig): Check['run'] {
  return async ({ signal }) => {
    const job = rig.job('7');
    const env = { CUSTOM_ENV_TART_EXECUTOR_BRIDGED: 'en0' };
    ended(await job.prepare([], { signal, env }), 0);
    assert.ok(job.tartCalls().includes(`run --net-bridged en0 --no-graphics ${job.vm}`));
    assert.ok(job.tartCalls().includes(`ip --wait 60 --resolver arp ${job.vm}`));
    ended(await job.cleanup({ signal }), 0);
  };
}

function mounts(rig: ExecutorRig): Check['run'] {
  return async ({ signal }) => {
    const job = rig.job('4');
    const builds = join(rig.directory, 'builds');
    mkdirSync(builds);
    const config = parseJson(configSchema, (await job.config(['--builds-dir', builds], { signal })).stdout);
    const env = config.job_env;
    ended(await job.prepare([], { signal, env }), 0);
    const share = `--dir ${builds}:tag=tart.virtiofs.buildsdir.4`;
    assert.ok(job.tartCalls().includes(`run --no-graphics ${share} ${job.vm}`));
    ended(await job.run(`cd ${config.builds_dir} && echo built > artifact`, { signal, env }), 0);
    assert.equal(readFileSync(join(builds, 'artifact'), 'utf8'), 'built\n');
    ended(await job.cleanup({ signal }), 0);
  };
}

function twoAtATime(rig: ExecutorRig): Check['run'] {
  return async ({ signal }) => {
    const jobs = [rig.job('5'), rig.job('6')];
    for (const outcome of await Promise.all(jobs.map((job) => job.prepare([], { signal }))))
      ended(outcome, 0);
    const script = 'echo "$MACRUNNER_DOUBLE_ADDRESS"';
    const outputs = await Promise.all(jobs.map((job) => job.run(script, { signal })));
    assert.equal(new Set(outputs.map(({ stdout }) => stdout)).size, 2);
    for (const outcome of await Promise.all(jobs.map((job) => job.cleanup({ signal })))) ended(outcome, 0);
  };
}
