/** Whether a set announces more than its host can run, the floor of one per pool apart, and what GitHub has yet to fail. */
import type { Service } from '../../src/daemon/service.ts';
import type { HostPlan } from './scenario.ts';

/** Null when it does not. */
export function overAnnounced(
  set: string,
  capacity: number,
  { slots, pools }: HostPlan,
  { context: { ledger, steadyMs } }: Service,
): string | null {
  const stranded = pools.reduce((sum, { name }) => sum + ledger.stranded(name, steadyMs()), 0);
  return capacity > slots + stranded ? `${set} announces ${capacity} of ${slots} slots` : null;
}
