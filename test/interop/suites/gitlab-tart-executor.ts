/**
 * GitLab Runner's executor for tart (gitlab-tart-executor, in Go) drives the tart double: it calls `tart` by its name,
 * reads what it prints and how it ends, and logs in to the guest over SSH. We play GitLab Runner and the guest's sshd is
 * Debian's.
 */
import { missingForSshd } from '../../support/tart/sshd.ts';
import { failureChecks } from '../gitlab-executor/failure-checks.ts';
import { lifeChecks } from '../gitlab-executor/life-checks.ts';
import { executorProgram, missingForExecutor } from '../gitlab-executor/program.ts';
import { ExecutorRig } from '../gitlab-executor/rig.ts';
import { goModVersion } from '../go-build.ts';
import type { Suite } from '../suite.ts';

const PROGRAM = 'github.com/cirruslabs/gitlab-tart-executor';

export const suite: Suite = {
  name: 'gitlab-tart-executor',
  program: PROGRAM,
  missing: async (signal) => (await missingForSshd()) ?? (await missingForExecutor(signal)),
  version: () => goModVersion('gitlab-tart-executor', PROGRAM),
  async checks({ stack, directory }) {
    const rig = stack.use(await ExecutorRig.create(executorProgram(), directory));
    return [...lifeChecks(rig), ...failureChecks(rig)];
  },
};
