/** Rule 1, runners that no job needs and the host cannot afford: its disk is short, or it is to be rebooted. */
import type { Runner, StopReason } from '../runner.ts';
import type { World } from '../world.ts';
import type { Survey } from './survey.ts';
import type { Balance } from './weigh-pools.ts';

/** Null when runners may stand warm here. */
export function whyNoWarm({ host }: World): StopReason | null {
  if (host.isDiskShort) return 'disk-pressure';
  return host.remedy === 'reboot-host' ? 'host-reboot' : null;
}

export function clearWarm({ world, vms }: Survey, balances: readonly Balance[]): readonly Runner[] {
  if (!vms || whyNoWarm(world) === null) return [];
  return balances
    .flatMap(({ spareWarm, spareArriving }) => [...spareWarm, ...spareArriving])
    .filter(({ name }) => !world.inFlight.has(name));
}
