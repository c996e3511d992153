/** What a test or the demo may choose about the simulated GitHub. Knobs can also be turned later, over `/_control/knobs`. */
import * as z from 'zod';

const ms = z.number().nonnegative();

/** Every knob has the real service's value as default, as far as it is known. `null` means "never". */
export const knobsSchema = z.strictObject({
  /** `dotcom`: jobs arrive as JobAssigned. `ghes`: JobAvailable, then acquire. */
  backend: z.enum(['dotcom', 'ghes']).default('dotcom'),
  /** How long a queue poll and a runner's poll are held. */
  holdMs: ms.default(50_000),
  /** An abandoned session blocks the next one for so long. */
  sessionIdleMs: ms.nullable().default(50_000),
  adminTokenMs: ms.default(3_600_000),
  queueTokenMs: ms.default(3_600_000),
  registrationTokenMs: ms.default(3_600_000),
  installationTokenMs: ms.default(3_600_000),
  /** A job that no runner takes is taken back and assigned anew, three times at most. */
  lapseMs: ms.default(300_000),
  /** A job offered to a runner that never acquires it goes to another one. */
  acquireMs: ms.default(60_000),
  /** A running job whose runner is silent for so long has failed. */
  runnerLostMs: ms.default(600_000),
  /** A runner that ignores a cancellation loses its job after so long. */
  cancelGraceMs: ms.default(300_000),
  /** A runner without a poll for so long is shown offline, and its session no longer conflicts. */
  runnerOfflineMs: ms.default(60_000),
  /** An ephemeral record that stays offline is removed. */
  ephemeralOfflineMs: ms.default(86_400_000),
  /** A scale set without a session is deleted. */
  scaleSetIdleMs: ms.default(604_800_000),
  /** Whether JobStarted ends a held poll; on the real service it waits for the next one. */
  jobStartedWakes: z.boolean().default(false),
  /** Capacity 0: jobs wait until it rises, or those queued meanwhile never come. */
  capacityZero: z.enum(['held', 'never']).default('held'),
  /** Whether a set hears at once that its job is over, after `lateMs`, or not at all. */
  jobCompleted: z.enum(['prompt', 'late', 'never']).default('prompt'),
  lateMs: ms.default(60_000),
  /** Statistics that come with JobAssigned still say 0. */
  statisticsLag: z.boolean().default(false),
  /** Old GHES keeps only the first label. */
  dropExtraLabels: z.boolean().default(false),
  /** A poll without the capacity header is refused. */
  strictCapacity: z.boolean().default(true),
  unknownAgentDelete: z.enum(['204', '404']).default('204'),
  /** Runners below this version are refused at their session; null accepts all. */
  minimumRunnerVersion: z.string().nullable().default(null),
});
export type Knobs = z.output<typeof knobsSchema>;

export const optionsSchema = knobsSchema.extend({
  /** Chooses among sets that share labels. */
  seed: z.int().default(1),
  /** Organisations, owners and enterprises that exist; all others are 404. */
  owners: z.array(z.string()).default(['acme']),
  /** Personal access tokens that are accepted; `read` ones get 403 where administration is needed. */
  pats: z
    .record(z.string(), z.enum(['admin', 'read']))
    .default({ 'ghp_simulated-personal-access-token': 'admin' }),
  app: z
    .object({ issuers: z.array(z.string()).min(1), installationId: z.int(), publicKeyPem: z.string() })
    .nullable()
    .default(null),
  /** https with a self-signed certificate, the one of `tls.ts`. */
  tls: z.boolean().default(false),
  /** Where `workflow_job` webhooks go, on loopback only; null sends none. */
  webhooks: z
    .object({
      url: z.url({ protocol: /^http$/, hostname: /^(127\.0\.0\.1|localhost)$/ }),
      secret: z.string().min(1),
      /** A target that does not answer within this time has failed. */
      timeoutMs: ms.default(10_000),
    })
    .nullable()
    .default(null),
  groups: z
    .array(
      z.object({
        name: z.string(),
        allowsPublicRepositories: z.boolean().default(false),
        /** Full names; null means all. */
        repositories: z.array(z.string()).nullable().default(null),
        /** `owner/repo/.github/workflows/file.yml@ref`; null means all. */
        workflows: z.array(z.string()).nullable().default(null),
      }),
    )
    .default([]),
});
export type Options = z.input<typeof optionsSchema>;
export type Settings = z.output<typeof optionsSchema>;
