/**
 * The tart double's own place: a directory that holds its program, settings, fault script, call log and the sockets
 * of running VMs. The product sees only TART_HOME and the program.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runtime } from './failure.ts';

export interface Settings {
  readonly version: string;
  /** From start to the guest agent's first answer. */
  readonly bootDelayMs: number;
  /** How long `exec` waits for the agent; tart's own is about 30 s. */
  readonly agentWaitMs: number;
  /** Slots the framework still counts although no VM runs. */
  readonly leakedSlots: number;
  /** `run` does not react to SIGINT. */
  readonly ignoresSigint: boolean;
  /** `clone` refuses to replace a VM, as openai/tart PR 1331 proposes. */
  readonly refusesOverwrite: boolean;
  /** VMs whose config.json cannot be read: they list as stopped. */
  readonly unreadable: readonly string[];
  /** More CPUs than this do not start. */
  readonly maxCpu: number;
}

export const DEFAULT_SETTINGS: Settings = {
  version: '2.35.0',
  bootDelayMs: 0,
  agentWaitMs: 1_000,
  leakedSlots: 0,
  ignoresSigint: false,
  refusesOverwrite: false,
  unreadable: [],
  maxCpu: 64,
};

export interface Double {
  readonly dir: string;
  /** TART_HOME */
  readonly home: string;
  readonly settings: Settings;
}

export function openDouble(dir: string): Double {
  const settings: Settings = JSON.parse(readFileSync(join(dir, 'double.json'), 'utf8'));
  // Without TART_HOME the real one looks into the user database, never at HOME.
  const home = process.env.TART_HOME ?? join(dir, 'default-home');
  try {
    for (const part of ['vms', 'cache/OCIs', 'tmp']) mkdirSync(join(home, part), { recursive: true });
  } catch (error) {
    throw runtime(`TART_HOME is invalid: ${home} does not exist, yet we can't create it: ${String(error)}`);
  }
  return { dir, home, settings };
}
