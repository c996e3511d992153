/**
 * The tart double's own place: a directory that holds its program, settings, fault script, call log, its host's DHCP
 * leases, a registry, and the sockets of running VMs. The product sees only TART_HOME and the program.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runtime } from './failure.ts';

/** What a pull meets on its way. It strikes as long as it stands here: a pull that hangs goes on when it is withdrawn. */
export interface PullFault {
  /** A number is a layer of the disk, from 1. */
  readonly at: 'auth' | 'manifest' | number;
  /** `lost` and `timed-out` are tried again, a status is not. */
  readonly kind: 'status' | 'lost' | 'timed-out' | 'hang';
  readonly status?: number;
  /** The first so many tries of one call; all of them without it. */
  readonly times?: number;
}

export interface Settings {
  /** Which version's behaviour is shown, where versions differ. */
  readonly version: string;
  /** What tart and its options call a second lasts this many seconds. */
  readonly timeScale: number;
  /** From start to the guest agent's first answer. */
  readonly bootDelayMs: number;
  /** From start to the programs of the guest's `ssh.d`; they wait for the address as well. */
  readonly sshDelayMs: number;
  /** From start to the guest's address, or null: it never gets one. */
  readonly ipDelayMs: number | null;
  /** How long `exec` waits for the agent; tart's own is about 30 s. */
  readonly agentWaitMs: number;
  /** The host's DHCP: a prefix of three bytes, the first and the last host in it, and for how long an address is lent. */
  readonly dhcp: {
    readonly prefix: string;
    readonly first: number;
    readonly last: number;
    readonly leaseSeconds: number;
  };
  /** Slots the framework still counts although no VM runs. */
  readonly leakedSlots: number;
  /** The system's process of a VM goes on when its `run` has ended, keeps its files open, and counts as a VM. */
  readonly leavesGhosts: boolean;
  /** `run` does not react to SIGINT. */
  readonly ignoresSigint: boolean;
  /** `clone` refuses to replace a VM, as openai/tart PR 1331 proposes. */
  readonly refusesOverwrite: boolean;
  /** VMs whose config.json cannot be read: they list as stopped. */
  readonly unreadable: readonly string[];
  /** More CPUs than this do not start. */
  readonly maxCpu: number;
  /** A power cut takes what the guest wrote since its start and did not `sync`. Costs a copy of the disk per start. */
  readonly losesUnsynced: boolean;
  /** Every start fails: no keychain (in the words of macOS up to 15, and of 26), another holder of the auxiliary storage, or a saved state that does not fit. */
  readonly startFailure: 'keychain' | 'host-key' | 'auxiliary-lock' | 'restore' | null;
  readonly softnet: 'works' | 'missing' | 'unprivileged';
  /** `run` takes the options that open the host to a guest. This project must never use them: they are refused. */
  readonly allowsHostAccess: boolean;
  /** The size of the volume that the image cache lies on, or null: it is never full. */
  readonly volumeGB: number | null;
  readonly pullFaults: readonly PullFault[];
}

export const DEFAULT_SETTINGS: Settings = {
  version: '2.35.0',
  timeScale: 1,
  bootDelayMs: 0,
  sshDelayMs: 0,
  ipDelayMs: 0,
  agentWaitMs: 30_000,
  dhcp: { prefix: '192.168.64', first: 2, last: 254, leaseSeconds: 86_400 },
  leakedSlots: 0,
  leavesGhosts: false,
  ignoresSigint: false,
  refusesOverwrite: false,
  unreadable: [],
  maxCpu: 64,
  losesUnsynced: false,
  startFailure: null,
  softnet: 'works',
  allowsHostAccess: false,
  volumeGB: null,
  pullFaults: [],
};

export interface Double {
  readonly dir: string;
  /** TART_HOME */
  readonly home: string;
  readonly settings: Settings;
}

export function openDouble(dir: string): Double {
  const settings = readSettings(dir);
  // Without TART_HOME the real one looks into the user database, never at HOME.
  const home = process.env.TART_HOME ?? join(dir, 'default-home');
  try {
    for (const part of ['vms', 'cache/OCIs', 'tmp']) mkdirSync(join(home, part), { recursive: true });
  } catch (error) {
    throw runtime(`TART_HOME is invalid: ${home} does not exist, yet we can't create it: ${String(error)}`);
  }
  return { dir, home, settings };
}

export function readSettings(dir: string): Settings {
  return JSON.parse(readFileSync(join(dir, 'double.json'), 'utf8'));
}

/** Whether the version shown is this one or a later one. Prereleases do not exist. */
export function isSince(double: Double, version: string): boolean {
  const parts = (text: string) => text.split('.').map(Number);
  const [present, asked] = [parts(double.settings.version), parts(version)];
  const at = asked.findIndex((part, index) => (present[index] ?? 0) !== part);
  return at === -1 || (present[at] ?? 0) > (asked[at] ?? 0);
}

/** Milliseconds of so many of tart's seconds. */
export function secondsMs(double: Double, seconds: number): number {
  return seconds * 1_000 * double.settings.timeScale;
}
