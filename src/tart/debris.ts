/**
 * Directories that a clone or a delete left half done when its process was killed. Tart lists none that lacks one of its
 * three files, calls it absent when told to delete it, and yet a clone would find it there (Tart: VMDirectory.swift).
 */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../lib/run.ts';
import { vmDirectoryExists } from './list.ts';
import type { TartProgram } from './tart.ts';

export interface DebrisPlace {
  readonly program: TartProgram;
  readonly tartHome: string;
  readonly signal: AbortSignal;
}

export interface SweepOptions extends DebrisPlace {
  /** Only what carries it in its name is ours. */
  readonly prefix: string;
  /** Names that somebody works on. */
  readonly busy: ReadonlySet<string>;
}

const FILES = ['config.json', 'disk.img', 'nvram.bin'] as const;

/** Removes all of it and answers the names. @throws `command-failed`, `command-timed-out` */
export async function sweepDebris({ prefix, busy, ...place }: SweepOptions): Promise<readonly string[]> {
  const swept: string[] = [];
  for (const name of await namesIn(join(place.tartHome, 'vms'))) {
    if (!name.startsWith(prefix) || busy.has(name)) continue;
    if (await removeDebris(place, name)) swept.push(name);
  }
  return swept;
}

/** Removes what is left of this VM; false when there is nothing, or a whole VM. @throws as above */
export async function removeDebris(place: DebrisPlace, name: string): Promise<boolean> {
  const { program, tartHome, signal } = place;
  if (!(await vmDirectoryExists(tartHome, name))) return false;
  const directory = join(tartHome, 'vms', name);
  if (await isWhole(directory)) return false;
  // By the user whose tree it is: a program with more rights could be led elsewhere by a link laid in its way.
  const { file, args, env, cwd } = program.wrap(['/bin/rm', '-rf', directory]);
  await run(file, args, { timeoutMs: 60_000, signal, env, cwd });
  return true;
}

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (isAbsence(error)) return [];
    throw error;
  }
}

/** What cannot be looked at counts as whole: only what is known to lack a file is debris. */
async function isWhole(directory: string): Promise<boolean> {
  for (const file of FILES) {
    try {
      await stat(join(directory, file));
    } catch (error) {
      if (isAbsence(error)) return false;
    }
  }
  return true;
}

function isAbsence(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
