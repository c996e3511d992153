/** A disposable host for tests: a tart double in a directory of its own, and the adapters over it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Guest, Hypervisor } from '../../src/core/ports.ts';
import { lookForProgram, TOOL_PATH } from '../../src/host/find-program.ts';
import type { Wrap } from '../../src/lib/command.ts';
import { createGuest, type GuestOptions } from '../../src/tart/guest.ts';
import { createHypervisor, type HypervisorOptions } from '../../src/tart/hypervisor.ts';
import { type ImageOptions, installTartDouble, type TartDouble } from './tart/install.ts';
import type { Settings } from './tart/settings.ts';
import { endFamily } from './watch/processes.ts';

export interface TartRig extends AsyncDisposable {
  readonly dir: string;
  readonly double: TartDouble;
  readonly vms: Hypervisor;
  readonly guest: Guest;
  readonly wrap: Wrap;
  readonly runLogDir: string;
  readonly ps: string;
  readonly lsof: string;
}

export interface TartRigOptions {
  /** Local VMs, stopped. */
  readonly vms?: readonly string[];
  /** Cached images, or templates. */
  readonly images?: readonly string[];
  readonly image?: ImageOptions;
  readonly settings?: Partial<Settings>;
  readonly hypervisor?: Pick<HypervisorOptions, 'onUpgrade' | 'lsof'>;
  readonly guest?: Pick<GuestOptions, 'limits' | 'answerMs' | 'onMalformed'>;
}

/** `await using rig = tartRig(…)`: at the end every process of it is killed and its directory removed. */
export function tartRig(options: TartRigOptions = {}): TartRig {
  // Not the system's temporary directory: on macOS its name is too long for TART_HOME.
  const dir = mkdtempSync('/tmp/mr-');
  const double = installTartDouble(dir, options.settings);
  for (const name of [...(options.vms ?? []), ...(options.images ?? [])])
    double.addImage(name, options.image);
  const env = { TART_HOME: double.home, CI: '1', TART_NO_AUTO_PRUNE: '1', PATH: '/usr/bin:/bin' };
  const wrap: Wrap = ([file = '', ...args]) => ({ file, args, env, cwd: '/' });
  const runLogDir = join(dir, 'runs');
  const tart = double.path;
  const ps = writePs(dir);
  const lsof = lookForProgram('lsof', TOOL_PATH) ?? '/nowhere/lsof';
  return {
    dir,
    double,
    wrap,
    runLogDir,
    ps,
    lsof,
    vms: createHypervisor({ tart, wrap, tartHome: double.home, runLogDir, ps, lsof, ...options.hypervisor }),
    guest: createGuest({ tart, wrap, ...options.guest }),
    async [Symbol.asyncDispose]() {
      await double.killAll();
      // Calls that hang and the reapers of the VMs are no part of a VM, and would write into the directory.
      await endFamily(`${dir}/`);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Rigs of other tests use the same VM names on the same machine: show only what is of this one, and who asks. */
function writePs(dir: string): string {
  const ps = join(dir, 'ps');
  const ours = `awk -v asks="$PPID" '$1 == asks || index($0, "${dir}/")'`;
  writeFileSync(ps, `#!/bin/sh\nps "$@" | ${ours}\n`, { mode: 0o755 });
  return ps;
}

/** Whether what leftovers of VMs are found by is here. Says so when it is not, for its tests are then skipped. */
export function hasLsof(): boolean {
  if (lookForProgram('lsof', TOOL_PATH) !== undefined) return true;
  console.warn(
    'Tests of leftovers of VMs are skipped: lsof is missing (Linux distributions have it as a package).',
  );
  return false;
}
