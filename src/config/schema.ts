/**
 * The configuration in one schema: types, checks, defaults and documentation come from here. Reading it from its layers
 * is left to `load.ts`.
 */
import * as z from 'zod';
import { githubSchema } from './github.ts';
import { hostSchema } from './host.ts';
import { deadlinesSchema, egressSchema, trustSchema, upkeepSchema } from './policies.ts';
import { poolSchema } from './pool.ts';

const sections = z.strictObject({
  github: githubSchema,
  host: hostSchema,
  pools: z
    .array(poolSchema)
    .min(1)
    .max(100)
    .superRefine((pools, context) => {
      for (const [index, { name }] of pools.entries()) {
        const isTaken = pools.findIndex((other) => other.name === name) < index;
        if (isTaken) report(context, [index, 'name'], name, 'a name that no other pool has');
      }
    })
    .describe('The classes of runners that this host offers.'),
  trust: trustSchema,
  egress: egressSchema,
  upkeep: upkeepSchema,
  deadlines: deadlinesSchema,
});

export const configSchema = sections
  .superRefine((config, context) => {
    const warm = config.pools.reduce((sum, pool) => sum + pool.warm, 0);
    if (warm > config.host.slots) {
      const why = `no more warm runners over all pools (${warm}) than host.slots (${config.host.slots})`;
      report(context, ['pools'], warm, why);
    }
    for (const [index, pool] of config.pools.entries()) {
      for (const section of ['trust', 'egress'] as const) {
        const name = pool[section];
        if (name === undefined || Object.hasOwn(config[section], name)) continue;
        const known = Object.keys(config[section]);
        const why =
          known.length > 0 ? `one of ${known.join(', ')}` : `a name that "${section}" has; it has none`;
        report(context, ['pools', index, section], name, why);
      }
    }
  })
  .meta({ title: 'macrunner', description: 'Configuration of macrunner.' });

export type Config = z.output<typeof configSchema>;

function report(context: z.RefinementCtx, path: (string | number)[], input: unknown, message: string): void {
  context.addIssue({ code: 'custom', path, input, message });
}
