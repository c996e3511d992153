/** Softnet, the helper that filters a VM's traffic: found through PATH, and useless without root's rights. */
import type { Arguments } from './arguments.ts';
import { other } from './failure.ts';
import type { Double } from './settings.ts';

export const SOFTNET_DIED = 'RuntimeFailed(why: "Softnet process terminated prematurely")';

/** Each option of softnet asks for it. */
export function usesSoftnet(args: Arguments): boolean {
  return ['', '-allow', '-block', '-expose', '-control-fd'].some((end) => args.has(`--net-softnet${end}`));
}

/** Before the VM starts. */
export function checkSoftnet(double: Double, args: Arguments): void {
  if (!usesSoftnet(args) && !args.has('--net-host')) return;
  const control = args.number('--net-softnet-control-fd') ?? 3;
  if (control < 3) {
    throw other('InitializationFailed(why: "Softnet control file descriptor must be greater than 2")');
  }
  if (double.settings.softnet !== 'missing') return;
  throw other('InitializationFailed(why: "softnet not found in PATH")');
}

/** What a terminal shows of its early end, or undefined. */
export function earlyDeath(double: Double, args: Arguments): string | undefined {
  if (!usesSoftnet(args) || double.settings.softnet !== 'unprivileged') return undefined;
  return `root privileges are required to run and passwordless sudo was not available\n${SOFTNET_DIED}`;
}
