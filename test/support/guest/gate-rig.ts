/** The gate under a process that calls itself Runner.Worker and goes on after a failed hook, as the real one does. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { until } from '../until.ts';
import type { Running, Sandbox } from './sandbox.ts';

const FACTS = {
  GITHUB_REPOSITORY: 'acme/app',
  GITHUB_RUN_ID: '42',
  GITHUB_RUN_ATTEMPT: '1',
  GITHUB_JOB: 'build',
  GITHUB_WORKFLOW: 'CI',
  GITHUB_EVENT_NAME: 'push',
  GITHUB_REF: 'refs/heads/main',
  GITHUB_SHA: 'c0ffee',
  GITHUB_ACTOR: 'octocat',
};

export interface GatedWorker extends Running {
  /** Whether a step after the hook ran. */
  readonly ranStep: () => boolean;
}

/** Starts the started hook as a worker would. Its log gathers in `lines`. */
export function startWorker(vm: Sandbox, env: Readonly<Record<string, string>> = {}): GatedWorker {
  const worker = vm.path('tmp/bin/Runner.Worker');
  mkdirSync(vm.path('tmp/bin'), { recursive: true });
  const hook = vm.program('hooks/job-started.sh');
  writeFileSync(
    worker,
    `/bin/bash --noprofile --norc -e -o pipefail '${hook}'\necho "hook ended with $?"\n: >"$HOME/step-ran"\n`,
  );
  const start = ['-c', 'exec -a "$0" /bin/bash "$0"', worker];
  const running = vm.start('/bin/bash', start, { env: { ...FACTS, ...env } });
  return { ...running, ranStep: () => existsSync(vm.path('Users/admin/step-ran')) };
}

/** The event under which the gate waits. */
export async function untilAsked(vm: Sandbox): Promise<{ n: number; facts: Record<string, string> }> {
  const asked = () => vm.events().find((event) => event.type === 'job-started');
  await until(() => asked() !== undefined);
  return Object.assign({ n: 0, facts: {} }, asked());
}
