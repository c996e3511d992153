/**
 * Ends what a daemon that was killed left behind: the `tart exec` of each event stream it followed lives on without it.
 * Such a follower keeps telling the guest that it is collected, and every further connection beside it is a chance for an
 * old tart to crash its VM (openai/tart: PR 1333). Only ours are touched: this tart, this user, our prefix, our stream.
 */
import { realpath } from 'node:fs/promises';
import { MacrunnerError } from '../core/error.ts';
import { realSleep } from '../lib/retry.ts';
import { EVENTS } from './follow.ts';
import { type ProcessEntry, readProcesses, signalProcess } from './processes.ts';

export interface StaleFollowersOptions {
  /** As it is called: what it really runs is found from there. */
  readonly tart: string;
  readonly ps?: string;
  /** As whom tart runs. */
  readonly uid: number;
  /** Of the names of our VMs. */
  readonly prefix: string;
  readonly signal: AbortSignal;
}

/** From SIGTERM, which no tart outlives, to SIGKILL: readoption waits for this. */
const GRACE_MS = 1_000;
const KILLED_MS = 500;
const POLL_MS = 25;
/** Homebrew's tart replaces itself by the program in its bundle (openai/tart: .goreleaser.yml). */
const BUNDLED = '/tart.app/Contents/MacOS/tart';

/**
 * To be called under the agent's lock, before the first channel is opened: whatever follows then is of a former life.
 * Resolves with the VMs whose followers were ended.
 * @throws {@link MacrunnerError} `command-failed` when one of them cannot be ended
 */
export async function endStaleFollowers(options: StaleFollowersOptions): Promise<readonly string[]> {
  const programs = new Set([options.tart, await realpath(options.tart)]);
  const find = async () => {
    const table = await readProcesses(options.ps ?? '/bin/ps', options.signal);
    return table.flatMap((entry) => staleOf(entry, options, programs));
  };
  const stale = await find();
  for (const [name, waitMs] of [
    ['SIGTERM', GRACE_MS],
    ['SIGKILL', KILLED_MS],
  ] as const) {
    const left = name === 'SIGTERM' ? stale : await find();
    for (const { pid } of left) signalProcess(pid, name);
    if (left.length === 0 || (await isEmptyWithin(find, waitMs, options.signal)))
      return stale.map(({ vm }) => vm);
  }
  throw new MacrunnerError('command-failed', 'a follower that a former agent left behind cannot be ended', {
    hint: `look for "tart exec ${stale[0]?.vm ?? ''}" in the process table and end it`,
  });
}

function staleOf(
  { pid, uid, words }: ProcessEntry,
  { uid: ours, prefix }: StaleFollowersOptions,
  programs: ReadonlySet<string>,
): readonly { readonly pid: number; readonly vm: string }[] {
  const [program = '', command, vm = '', guestProgram] = words;
  const isTart = programs.has(program) || program.endsWith(BUNDLED);
  const isStale = isTart && uid === ours && command === 'exec' && guestProgram === EVENTS;
  return isStale && vm.startsWith(prefix) ? [{ pid, vm }] : [];
}

async function isEmptyWithin(
  find: () => Promise<readonly unknown[]>,
  waitMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const endMs = performance.now() + waitMs;
  for (;;) {
    if ((await find()).length === 0) return true;
    if (performance.now() > endMs) return false;
    await realSleep(POLL_MS, signal);
  }
}
