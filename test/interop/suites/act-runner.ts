/**
 * A runner that others wrote (github-act-runner, in Go) serves the simulated GitHub: a credential minted through a scale
 * set, the older session and the broker, real jobs with real steps on this machine, their console, logs and results.
 */
import { lifeChecks } from '../act-runner/life-checks.ts';
import { ActRunnerRig } from '../act-runner/rig.ts';
import { stepChecks } from '../act-runner/step-checks.ts';
import { buildGo, goModVersion, missingForGo } from '../go-build.ts';
import type { Suite } from '../suite.ts';

const PROGRAM = 'github.com/ChristopherHX/github-act-runner';
const MODULE = {
  name: 'act-runner',
  package: PROGRAM,
  // One of its libraries has no entry in the checksum database; go.sum pins it all the same.
  env: { GONOSUMDB: 'github.com/actions-oss/*' },
};

export const suite: Suite = {
  name: 'act-runner',
  program: PROGRAM,
  missing: (signal) => missingForGo(MODULE, signal),
  version: () => goModVersion(MODULE.name, PROGRAM),
  async checks({ signal, stack, directory }) {
    const program = await buildGo(MODULE, signal);
    const rig = stack.use(await ActRunnerRig.create(program, directory));
    return [...lifeChecks(rig), ...stepChecks(rig)];
  },
};
