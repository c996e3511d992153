/** Hunts for secrets where they must not be: in command lines while a run lasts, in files when it is over. */
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessInfo } from './processes.ts';

/** A hit names the place, never the secret. */
export interface Leak {
  readonly where: string;
}

/** Secrets shorter than this would be found by chance. */
const SHORTEST = 12;

export function inCommandLines(
  secrets: readonly string[],
  processes: readonly ProcessInfo[],
): readonly Leak[] {
  const wanted = longEnough(secrets);
  return processes
    .filter(({ command }) => wanted.some((secret) => command.includes(secret)))
    .map(({ pid, command }) => ({ where: `arguments of process ${pid} (${command.split(' ')[0]})` }));
}

/** Looks through every regular file below `root`, bytes as they are, except below the `allowed` directories. */
export function inFiles(
  secrets: readonly string[],
  root: string,
  allowed: readonly string[],
): readonly Leak[] {
  const wanted = longEnough(secrets).map((secret) => Buffer.from(secret));
  return filesBelow(root, new Set(allowed))
    .filter((file) => {
      const bytes = readFileSync(file);
      return wanted.some((secret) => bytes.includes(secret));
    })
    .map((file) => ({ where: file }));
}

function filesBelow(directory: string, allowed: ReadonlySet<string>): readonly string[] {
  if (allowed.has(directory)) return [];
  return readdirSync(directory).flatMap((entry) => {
    const path = join(directory, entry);
    const stat = lstatSync(path);
    if (stat.isDirectory()) return filesBelow(path, allowed);
    // A simulated disk is one great hole: there is nothing to read in it, and it would not fit into memory.
    const isHole = stat.size > 0 && stat.blocks === 0;
    return stat.isFile() && !isHole && !allowed.has(path) ? [path] : [];
  });
}

function longEnough(secrets: readonly string[]): readonly string[] {
  return secrets.map((secret) => secret.trim()).filter((secret) => secret.length >= SHORTEST);
}
