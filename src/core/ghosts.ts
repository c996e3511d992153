/**
 * Ghosts: slots that the framework counts although fewer VMs are seen to run. It shows only in a start that is refused
 * by the limit (openai/tart: issue 1217; utmapp/UTM: issue 4247). What holds such a slot cannot be told from here: a process that is
 * still dying, a leftover of ours, a leak of the framework, or a VM of another user, which `tart list` does not show.
 *
 * The ladder: wait for up to a minute, trying again after pauses; kill leftovers, once; then quarantine: the slots count
 * as taken and are tried seldom, and where that is allowed the host is rebooted. Pure; who keeps the state is the daemon.
 */
import type { HostView } from './world.ts';

export interface Ghosts {
  readonly count: number;
  readonly rung: 'wait' | 'kill' | 'quarantine';
  /** Of the first refusal. */
  readonly sinceMs: number;
  /** When one of the slots may be tried; never, while leftovers are being looked for. */
  readonly retryAtMs: number;
  /** Refusals on this rung. */
  readonly refusals: number;
  readonly wereKilled: boolean;
}

/** `running` are the VMs seen to run, ours and foreign, in a list that is younger than the start. */
export type GhostEvidence =
  | { readonly type: 'refused'; readonly running: number; readonly slots: number }
  | { readonly type: 'started'; readonly running: number; readonly slots: number }
  /** A VM of ours is gone: the framework counts anew. */
  | { readonly type: 'vm-ended' }
  /** Leftovers that are provably ours were looked for, and so many killed. */
  | { readonly type: 'leftovers-killed'; readonly killed: number };

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const PAUSES_MS = [2, 4, 8, 16, 25].map((seconds) => seconds * SECOND_MS);
const WAIT_MS = MINUTE_MS;
const PROBES_MS = [5, 10, 20, 40].map((minutes) => minutes * MINUTE_MS);
const SELDOM_MS = 60 * MINUTE_MS;
/** The service of a VM goes a moment after the process that held it. */
const DYING_MS = 3 * SECOND_MS;
/** Probes that must have failed in quarantine before a reboot is asked for. */
const REBOOT_AFTER = 2;

/** The state after the evidence; the same object when it says nothing new. Null: there are no ghosts. */
export function weighGhosts(ghosts: Ghosts | null, evidence: GhostEvidence, nowMs: number): Ghosts | null {
  switch (evidence.type) {
    case 'refused':
      return refused(ghosts, evidence.slots - evidence.running, nowMs);
    case 'started':
      return started(ghosts, evidence.slots - evidence.running, nowMs);
    case 'vm-ended':
      if (ghosts === null || ghosts.rung === 'kill') return ghosts;
      return { ...ghosts, retryAtMs: Math.min(ghosts.retryAtMs, nowMs + DYING_MS) };
    case 'leftovers-killed':
      if (ghosts?.rung !== 'kill') return ghosts;
      return evidence.killed === 0
        ? quarantined(ghosts, nowMs)
        : { ...ghosts, rung: 'wait', wereKilled: true, retryAtMs: nowMs + DYING_MS };
  }
}

/** What the world is told of the ghosts. `mayReboot`: it is allowed, and the hour for it. */
export function ghostView(
  ghosts: Ghosts | null,
  mayReboot: boolean,
  nowMs: number,
): Pick<HostView, 'ghosts' | 'isProbeDue' | 'remedy'> {
  if (ghosts === null) return { ghosts: 0, isProbeDue: false, remedy: null };
  return {
    ghosts: ghosts.count,
    isProbeDue: nowMs >= ghosts.retryAtMs,
    remedy:
      ghosts.rung === 'kill' ? 'kill-leftovers' : mayReboot && isHopeless(ghosts) ? 'reboot-host' : null,
  };
}

/** True when a person should look: the slots did not come back by themselves. */
export function isAlarmingGhost(ghosts: Ghosts | null): boolean {
  return ghosts?.rung === 'quarantine';
}

function isHopeless({ rung, refusals }: Ghosts): boolean {
  return rung === 'quarantine' && refusals >= REBOOT_AFTER;
}

/** `hidden`: slots in which nothing is seen, and which the framework must count, or it would not have refused. */
function refused(ghosts: Ghosts | null, hidden: number, nowMs: number): Ghosts | null {
  // As many run as may: they are seen, and whatever was hidden before has come to light.
  if (hidden <= 0) return null;
  const before = ghosts ?? { rung: 'wait', sinceMs: nowMs, retryAtMs: nowMs, refusals: 0, wereKilled: false };
  const now = { ...before, count: hidden, refusals: before.refusals + 1 };
  switch (now.rung) {
    case 'wait': {
      if (now.wereKilled) return quarantined(now, nowMs);
      const retryAtMs = nowMs + (PAUSES_MS[before.refusals] ?? WAIT_MS);
      if (retryAtMs - now.sinceMs < WAIT_MS) return { ...now, retryAtMs };
      return { ...now, rung: 'kill', retryAtMs: Number.POSITIVE_INFINITY };
    }
    case 'kill':
      return now;
    case 'quarantine':
      return { ...now, retryAtMs: nowMs + pauseMs(now) };
  }
}

/**
 * A start that went well leaves no more hidden than the slots in which nothing is seen. While one only waits for processes
 * that are dying, the first to go is taken as the end of it; what was quarantined is proved slot by slot.
 */
function started(ghosts: Ghosts | null, hidden: number, nowMs: number): Ghosts | null {
  if (ghosts === null) return null;
  // As much room was to be seen: it proves nothing, and what was to be tried with it is tried later.
  if (hidden >= ghosts.count)
    return nowMs < ghosts.retryAtMs ? ghosts : { ...ghosts, retryAtMs: nowMs + pauseMs(ghosts) };
  if (hidden <= 0 || ghosts.rung === 'wait') return null;
  return { ...ghosts, count: hidden, retryAtMs: nowMs };
}

function pauseMs({ rung, refusals }: Ghosts): number {
  return (rung === 'quarantine' ? PROBES_MS[refusals] : PAUSES_MS[refusals]) ?? SELDOM_MS;
}

function quarantined(ghosts: Ghosts, nowMs: number): Ghosts {
  const quiet = { ...ghosts, rung: 'quarantine', refusals: 0 } as const;
  return { ...quiet, retryAtMs: nowMs + pauseMs(quiet) };
}
