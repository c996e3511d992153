/** What `tart list` and TART_HOME say is there: VMs and cached images. */
import { lstat, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { hasCode } from '../core/error.ts';
import type { Vm } from '../core/world.ts';
import { parseJson } from '../lib/parse-json.ts';
import { realSleep, retry } from '../lib/retry.ts';
import { callTart, type TartProgram } from './tart.ts';

const listing = z.array(z.object({ Name: z.string(), State: z.enum(['running', 'suspended', 'stopped']) }));
const TIMEOUT_MS = 30_000;

/** Local VMs. A "stopped" is no proof: tart says so, too, when it could not read a VM's lock. */
export async function listVms(program: TartProgram, signal: AbortSignal): Promise<readonly Vm[]> {
  return listSource(program, 'local', signal);
}

async function listSource(
  program: TartProgram,
  source: 'local' | 'oci',
  signal: AbortSignal,
): Promise<readonly Vm[]> {
  // It looks at each VM without a lock, so a clone or a delete at the same time can make it fail: look again.
  const args = ['list', '--source', source, '--format', 'json'];
  const { stdout } = await retry(() => callTart(program, args, { timeoutMs: TIMEOUT_MS, signal }), {
    signal,
    attempts: 3,
    pauseMs: (failures) => failures * 50,
    isWorthRetrying: (error) => hasCode(error, 'command-failed'),
    sleep: realSleep,
  });
  return parseJson(listing, stdout, 'the output of tart list').map(({ Name, State }) => ({
    name: Name,
    state: State,
  }));
}

/**
 * Whether `image` can be cloned without the network. The disk answers at once when it is there, because this is asked
 * between a job and its clone; only a no is confirmed by tart.
 */
export async function hasImage(
  program: TartProgram,
  tartHome: string,
  image: string,
  signal: AbortSignal,
): Promise<boolean> {
  const directory = image.includes('/') ? cacheDirectory(tartHome, image) : join(tartHome, 'vms', image);
  const files = ['config.json', 'disk.img', 'nvram.bin'].map((file) => join(directory, file));
  if ((await Promise.all(files.map(exists))).every(Boolean)) return true;
  const source = image.includes('/') ? 'oci' : 'local';
  const rows = await listSource(program, source, signal);
  return rows.some(({ name }) => name === image || name === `${image}:latest`);
}

/** A directory that is there, listed or not, would be replaced by a clone. */
export async function vmDirectoryExists(tartHome: string, name: string): Promise<boolean> {
  try {
    await lstat(join(tartHome, 'vms', name));
    return true;
  } catch (error) {
    if (isAbsence(error)) return false;
    throw error;
  }
}

/** `cache/OCIs/<host>/<namespace>/<tag or digest>`; a port's colon is percent-encoded. */
function cacheDirectory(tartHome: string, image: string): string {
  const [host = '', ...rest] = image.split('/');
  const path = rest.join('/');
  const [, name = path, digest, tag = 'latest'] = /^([^@:]+)(?:@(.+)|:(.+))?$/.exec(path) ?? [];
  return join(tartHome, 'cache/OCIs', host.replace(':', '%3A'), name, digest ?? tag);
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch {
    return false; // Unreadable counts as absent: tart is asked next.
  }
}

function isAbsence(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}
