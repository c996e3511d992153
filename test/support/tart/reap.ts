/** Started when a `run` process died without cleaning up: kills what the VM left behind. */
import { killGuest } from './guest.ts';
import { isAlive } from './lock.ts';
import { openDouble } from './settings.ts';

const [, , dir = '', key = '', rootfs = ''] = process.argv;
const double = openDouble(dir);
// A second `run` of the same VM may already be up: its processes are not ours to kill.
if (!(await isAlive(double, key))) killGuest(double, key, rootfs);
