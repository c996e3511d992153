/** The sections `trust`, `egress` and `upkeep`. Their forms are checked here; that they are kept is others' work. */
import * as z from 'zod';
import { cron, openHours, pattern } from './text.ts';

const policyName = z.string().regex(/^[a-z][a-z0-9-]{0,30}$/, 'a-z, 0-9 and "-", beginning with a letter');

const trustPolicy = z.strictObject({
  repositories: z.array(pattern).min(1).describe('Repositories whose jobs are admitted, such as "acme/*".'),
  visibility: z
    .array(z.enum(['public', 'private', 'internal']))
    .min(1)
    .default(['private', 'internal'])
    .describe('Visibilities of repositories that are admitted.'),
  refs: z.array(pattern).min(1).describe('Branches and tags that are admitted, such as "release/*".'),
  events: z
    .array(z.string().regex(/^[a-z_]+$/, 'the name of an event, such as "push"'))
    .min(1)
    .describe('Events that are admitted, such as "push".'),
  forks: z.enum(['refuse', 'allow']).default('refuse').describe("Whether a fork's pull request is admitted."),
});

export const trustSchema = z
  .record(policyName, trustPolicy)
  .default({})
  .describe('Which jobs a pool admits, by name.');

const egressPolicy = z.strictObject({
  mode: z
    .enum(['enforce', 'learn'])
    .default('enforce')
    .describe('"learn" lets everything through and records it.'),
  allow: z
    .array(z.string().regex(/^(?:\*\.)?(?:[a-z0-9_-]+\.)+[a-z0-9-]+$/i, 'a host name, or "*." and a domain'))
    .describe('Host names that a guest may reach.'),
});

export const egressSchema = z
  .record(policyName, egressPolicy)
  .default({})
  .describe('Which names a guest may reach, by name.');

export const upkeepSchema = z
  .strictObject({
    imageRefresh: cron.optional().describe('When golden images are refreshed.'),
    rogueAudit: cron.optional().describe('When GitHub is searched for runners that are not ours.'),
    prune: cron.default('30 4 * * *').describe('When old records are forgotten.'),
    reboot: z
      .strictObject(openHours)
      .optional()
      .describe('When host.rebootWhenWedged may reboot the host; without it, from 3 to 5 in the morning.'),
  })
  .prefault({})
  .describe("Scheduled upkeep: cron lines in the host's time zone.");

const positive = z.number().positive();

export const deadlinesSchema = z
  .strictObject({
    bootSeconds: positive.default(180).describe('From the start of a VM to its first answer.'),
    channelSeconds: positive.default(60).describe('How long a guest may be silent before it counts as lost.'),
    registerSeconds: positive.default(120).describe('From the credential to "online".'),
    idleMinutes: positive.default(10).describe('How long a registered runner may wait for a job.'),
    teardownSeconds: positive.default(60).describe('From the end of a job to the end of its VM.'),
    ageHours: positive
      .default(6)
      .describe('The longest that a runner may stand without a job, and the longest that a job may take.'),
  })
  .prefault({})
  .describe('How long each phase of a runner may last.');
