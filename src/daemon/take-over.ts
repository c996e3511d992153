/**
 * At start, before the first channel is opened and before the first tart command: ends the followers of an agent that was
 * killed, and takes interrupted pulls up again, which the first such command would set back to nothing. Neither may keep
 * the agent from its jobs: trouble is said, and the start goes on; an abort only makes it short.
 */
import type { Logger } from 'pino';
import { ownPrefix } from '../core/names.ts';
import { pullNotes, type ResumedPull, resumePulls } from '../tart/resume-pulls.ts';
import { endStaleFollowers } from '../tart/stale-followers.ts';
import type { TartProgram } from '../tart/tart.ts';

export interface TakeOverOptions {
  readonly hostId: string;
  readonly program: TartProgram;
  /** As whom tart runs. */
  readonly uid: number;
  readonly tartHome: string;
  readonly logDir: string;
  readonly images: readonly string[];
  /** Jobs may be waiting for us inside of VMs. */
  readonly hasRunners: boolean;
  readonly ps?: string;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** How long a pull may hold everything else back, milliseconds. */
const PULL_MS = { withRunners: 1_500, without: 10_000 } as const;

/** Resolves with what a person should know, in one sentence each. */
export async function takeOver(options: TakeOverOptions): Promise<readonly string[]> {
  const [, pulls] = await Promise.all([endFollowers(options), pull(options)]);
  for (const { image, logFile, state } of pulls)
    options.log.warn({ image, state, file: logFile }, 'an interrupted pull was taken up again');
  return pullNotes(pulls);
}

async function endFollowers({ program, uid, hostId, ps, log, signal }: TakeOverOptions): Promise<void> {
  try {
    const options = { tart: program.tart, uid, prefix: ownPrefix(hostId), signal };
    const vms = await endStaleFollowers(ps === undefined ? options : { ...options, ps });
    if (vms.length > 0) log.warn({ vms }, 'followers that a killed agent left behind were ended');
  } catch (error) {
    if (signal.aborted) return;
    log.error({ err: error }, 'what a killed agent left behind could not be ended');
  }
}

async function pull(options: TakeOverOptions): Promise<readonly ResumedPull[]> {
  const { hasRunners, log, signal } = options;
  try {
    const waitMs = hasRunners ? PULL_MS.withRunners : PULL_MS.without;
    return await resumePulls({ ...options, waitMs });
  } catch (error) {
    if (!signal.aborted) log.error({ err: error }, 'interrupted pulls could not be looked for');
    return [];
  }
}
