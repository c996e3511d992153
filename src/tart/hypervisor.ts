/** The hypervisor port over the `tart` program. */
import { rm } from 'node:fs/promises';
import { MacrunnerError } from '../core/error.ts';
import type { Hypervisor } from '../core/ports.ts';
import { retry } from '../lib/retry.ts';
import { removeDebris, sweepDebris } from './debris.ts';
import { isLookRace } from './errors.ts';
import { findLeftovers, killLeftover } from './leftovers.ts';
import { hasImage, listVms, vmDirectoryExists } from './list.ts';
import { lastWords, runLog, startVm } from './start.ts';
import { deleteVm, stopVm } from './stop.ts';
import { callTart, type TartProgram } from './tart.ts';
import { VersionWatch } from './version-watch.ts';

export interface HypervisorOptions extends TartProgram {
  /** The same directory that `wrap` gives to tart. */
  readonly tartHome: string;
  /** What each `tart run` says goes to `<runLogDir>/<vm>.log`. */
  readonly runLogDir: string;
  readonly ps?: string;
  readonly lsof?: string;
  /** Another version of tart serves from now on, and what is worth knowing about it. */
  readonly onUpgrade?: (version: string, notes: readonly string[]) => void;
}

/** Never an option (`-x`), never a remote reference (`a/b`), which `delete` would take for a cached image. */
const VM_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const IMAGE = /^[A-Za-z0-9][A-Za-z0-9._:@/-]{0,511}$/;

export function createHypervisor(options: HypervisorOptions): Hypervisor {
  const { tartHome, runLogDir, ps = '/bin/ps', lsof = '/usr/sbin/lsof', tart, wrap } = options;
  const program: TartProgram = { tart, wrap };
  const tables = { ps, lsof, tartHome };
  const versions = new VersionWatch({
    tart,
    read: async (signal) =>
      (await callTart(program, ['--version'], { timeoutMs: 10_000, signal })).stdout.trim(),
    onUpgrade: options.onUpgrade ?? (() => undefined),
  });

  return {
    version: (signal) => versions.read(signal),
    list: (signal) => listVms(program, signal),
    hasImage: async (image, signal) => hasImage(program, tartHome, checked(IMAGE, image), signal),
    async clone(image, name, signal) {
      const source = checked(IMAGE, image);
      if (await vmDirectoryExists(tartHome, checked(VM_NAME, name))) {
        throw new MacrunnerError('vm-exists', `a VM ${name} exists already`);
      }
      // tart would pull what is missing, for half an hour, while a job waits.
      if (!(await hasImage(program, tartHome, source, signal))) throw imageMissing(image);
      await retry(() => callTart(program, ['clone', source, name], { timeoutMs: 120_000, signal }), {
        signal,
        attempts: 3,
        pauseMs: (failures) => failures * 50,
        isWorthRetrying: isLookRace,
      });
    },
    async configure(name, { cpu, memoryGiB }, signal) {
      const memory = String(memoryGiB * 1_024);
      const args = ['set', checked(VM_NAME, name), '--cpu', String(cpu), '--memory', memory, '--random-mac'];
      await callTart(program, args, { timeoutMs: 30_000, signal });
    },
    async start(name, signal) {
      await versions.check(signal);
      await startVm({ program, runLogDir, name: checked(VM_NAME, name), signal });
    },
    lastWords: async (name) => lastWords(runLogDir, checked(VM_NAME, name)),
    stop: async (name, signal) => stopVm({ program, ...tables, name: checked(VM_NAME, name), signal }),
    async delete(name, signal) {
      await deleteVm(program, checked(VM_NAME, name), signal);
      await removeDebris({ program, tartHome, signal }, name);
      await rm(runLog(runLogDir, name), { force: true });
    },
    sweep: async (prefix, busy, signal) => sweepDebris({ program, tartHome, prefix, busy, signal }),
    leftovers: async (prefix, signal) => findLeftovers(tables, prefix, signal),
    killLeftover: async (leftover, signal) => killLeftover(tables, leftover, signal),
  };
}

function checked(pattern: RegExp, text: string): string {
  if (pattern.test(text)) return text;
  throw new MacrunnerError('usage', `${JSON.stringify(text)} names neither a VM nor an image`);
}

function imageMissing(image: string): MacrunnerError {
  return new MacrunnerError('image-missing', `the image ${image} is not on this host`, {
    hint: 'pull it before any job needs it: `tart pull` as the VM user',
  });
}
