/** One entry of `pools`: a named class of runners. */
import * as z from 'zod';
import { githubSchema } from './github.ts';
import { openHours } from './text.ts';

const DEFAULT_LABELS = ['self-hosted', 'macOS', 'ARM64', 'ephemeral'] as const;

const DIGEST_REFERENCE =
  /^[a-z0-9][a-z0-9.-]*(?::\d{1,5})?(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)+@sha256:[0-9a-f]{64}$/;
/** A local VM. Names that begin with `mr-` are runners': they would be taken for a leftover, and deleted. */
const LOCAL_NAME = /^(?!mr-)[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

const warm = z.int().min(0).max(2);

const windowSchema = z.strictObject({
  ...openHours,
  warm: warm.describe('How many runners stand ready while it is open.'),
});

const labels = z
  .array(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'letters, digits, ".", "_" and "-"'))
  .min(1)
  .max(20)
  .refine(areUnique, 'labels that differ (upper and lower case count as the same)');

export const poolSchema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,30}$/, 'a-z, 0-9 and "-", beginning with a letter, at most 31')
      .describe("The pool's name; it is part of the runners' names."),
    labels: labels.describe('What a workflow says in runs-on.'),
    defaultLabels: z
      .boolean()
      .default(true)
      .describe(`Add the labels ${DEFAULT_LABELS.join(', ')}.`),
    image: z
      .string()
      .refine(
        (image) => DIGEST_REFERENCE.test(image) || LOCAL_NAME.test(image),
        'an image pinned by digest (registry/path@sha256:…) or the name of a local VM (not one of ours, mr-…)',
      )
      .describe('The golden image, pinned by digest, or the name of a local VM.'),
    cpu: z.int().min(1).max(64).default(4).describe('Processors of each VM.'),
    memoryGiB: z.int().min(2).max(512).default(8).describe('Memory of each VM, in GiB.'),
    warm: warm
      .default(0)
      .describe('How many runners stand booted without a job; windows can raise or lower it.'),
    max: z
      .int()
      .min(1)
      .max(2)
      .default(2)
      .describe('How many runners of this pool may exist at a time; Apple allows two per Mac.'),
    windows: z.array(windowSchema).max(20).default([]).describe('Times with another number of warm runners.'),
    environment: z
      .record(z.string().regex(/^[A-Z_][A-Z0-9_]*$/, 'a name of A-Z, 0-9 and "_"'), z.string().max(4_096))
      .default({})
      .describe('Environment of every job. Every job can read it: no secrets.'),
    github: githubSchema
      .optional()
      .describe('Where the runners of this pool register, when it is not where the others do.'),
    trust: z.string().optional().describe('Name of a policy in the section "trust".'),
    egress: z.string().optional().describe('Name of a policy in the section "egress".'),
  })
  .refine((pool) => pool.warm <= pool.max && pool.windows.every((window) => window.warm <= pool.max), {
    error: 'no more warm runners than "max", in windows too',
    path: ['warm'],
  })
  .overwrite((pool) => ({ ...pool, labels: pool.defaultLabels ? withDefaults(pool.labels) : pool.labels }))
  .describe('A named class of runners.');

export type PoolConfig = z.output<typeof poolSchema>;

function withDefaults(own: readonly string[]): string[] {
  const known = new Set(own.map((label) => label.toLowerCase()));
  return [...DEFAULT_LABELS.filter((label) => !known.has(label.toLowerCase())), ...own];
}

function areUnique(words: readonly string[]): boolean {
  return new Set(words.map((word) => word.toLowerCase())).size === words.length;
}
