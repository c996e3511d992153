/**
 * Another GitLab driver for tart (gitlab-runner-tart-driver, in Python, by other authors) calls the tart double. Its
 * client is used as it is: it reads `list` as JSON, but `get` as the table that people see, for versions far apart.
 */
import type { Suite } from '../suite.ts';
import { driverChecks } from '../tart-driver/checks.ts';
import { driverVersion, missingForDriver } from '../tart-driver/environment.ts';
import { DriverRig } from '../tart-driver/rig.ts';

export const suite: Suite = {
  name: 'tart-driver',
  program: 'gitlab-runner-tart-driver (PyPI)',
  missing: missingForDriver,
  version: driverVersion,
  async checks({ stack, directory }) {
    return driverChecks(stack.use(new DriverRig(directory)));
  },
};
