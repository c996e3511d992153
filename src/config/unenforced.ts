/** Says honestly which settings are accepted but have no effect yet. */
import type { Config } from './schema.ts';

/** One sentence per policy that is checked for its form only. */
export function unenforced(config: Config): readonly string[] {
  const { imageRefresh, rogueAudit } = config.upkeep;
  return [
    ...Object.keys(config.trust).map(
      (name) =>
        `trust.${name} is not enforced yet${usedBy(config, 'trust', name)}: any job that the runner group admits is run`,
    ),
    ...Object.keys(config.egress).map(
      (name) =>
        `egress.${name} is not enforced yet${usedBy(config, 'egress', name)}: guests reach whatever this host's network lets them`,
    ),
    ...(imageRefresh === undefined
      ? []
      : ['upkeep.imageRefresh has no effect yet: images are pulled by hand']),
    ...(rogueAudit === undefined ? [] : ['upkeep.rogueAudit has no effect yet: no runner audit takes place']),
  ];
}

function usedBy(config: Config, section: 'trust' | 'egress', policy: string): string {
  const pools = config.pools.filter((pool) => pool[section] === policy).map((pool) => pool.name);
  return pools.length === 0 ? '' : ` (pools: ${pools.join(', ')})`;
}
