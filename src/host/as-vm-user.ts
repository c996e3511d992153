/**
 * Runs `tart` as the user who owns the VMs, with the environment it needs. From root that takes `launchctl asuser`
 * (the user's session, whose keychain new guests want) and `sudo`; both forget the environment, so it is given again
 * through `env`. As an ordinary user there is no switch, only the same environment.
 * What is run, and when, is left to `tart/`.
 */
import { MacrunnerError } from '../core/error.ts';
import type { Command, Wrap } from '../lib/command.ts';
import { run } from '../lib/run.ts';

export interface VmUserOptions {
  /** Who owns the VMs; null to stay who we are. */
  readonly vmUser: string | null;
  readonly isRoot: boolean;
  readonly tartHome: string;
  /** PATH of `tart`: where softnet lies. */
  readonly path: string;
  /** HOME when no user is switched; `sudo -H` sets it otherwise. */
  readonly home?: string;
  readonly programs?: Partial<SwitchPrograms>;
  readonly signal: AbortSignal;
}

interface SwitchPrograms {
  readonly launchctl: string;
  readonly sudo: string;
  readonly env: string;
  readonly id: string;
}

const PROGRAMS: SwitchPrograms = {
  launchctl: '/bin/launchctl',
  sudo: '/usr/bin/sudo',
  env: '/usr/bin/env',
  id: '/usr/bin/id',
};
const HOME_BYTES = 60;
const USER = /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/;

export interface VmUser {
  /** Pure. */
  readonly wrap: Wrap;
  /** As whom `wrap` runs a program. */
  readonly uid: number;
}

/**
 * Finds out how commands get to the VM user.
 * @throws {@link MacrunnerError} `config-invalid` for a user or home that cannot work, `host-unfit` when the user is missing
 */
export async function createVmUser(options: VmUserOptions): Promise<VmUser> {
  const { vmUser, isRoot, tartHome, path } = options;
  const programs = { ...PROGRAMS, ...options.programs };
  checkTartHome(tartHome);
  const environment = { TART_HOME: tartHome, CI: '1', TART_NO_AUTO_PRUNE: '1', PATH: path };
  if (!isRoot || vmUser === null) {
    const env = options.home === undefined ? environment : { ...environment, HOME: options.home };
    return { wrap: ([file = '', ...args]) => ({ file, args, env, cwd: '/' }), uid: process.getuid?.() ?? 0 };
  }
  if (!USER.test(vmUser)) throw new MacrunnerError('config-invalid', `${vmUser} is not a user name`);
  const uid = await uidOf(vmUser, programs.id, options.signal);
  const assignments = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const asUser = ['asuser', String(uid), programs.sudo, '-n', '-H', '-u', vmUser, '--'];
  return {
    uid,
    // The directory of a daemon may be closed to the user: start where everyone may be.
    wrap: (argv): Command => ({
      file: programs.launchctl,
      args: [...asUser, programs.env, ...assignments, ...argv],
      env: { PATH: path },
      cwd: '/',
    }),
  };
}

/**
 * `tart exec` changes directory to a percent-encoded path, and a socket's path has 104 bytes at most.
 * @throws {@link MacrunnerError} `config-invalid`
 */
export function checkTartHome(tartHome: string): void {
  const fault = faultOf(tartHome);
  if (fault === null) return;
  throw new MacrunnerError('config-invalid', `tart's home "${tartHome}" ${fault}`, {
    hint: `choose an absolute path of at most ${HOME_BYTES} bytes, letters and digits of ASCII, without spaces`,
  });
}

function faultOf(tartHome: string): string | null {
  if (!tartHome.startsWith('/')) return 'is not absolute';
  if (!/^[!-~]+$/.test(tartHome)) return 'has spaces or characters outside ASCII';
  const bytes = Buffer.byteLength(tartHome);
  return bytes > HOME_BYTES ? `is ${bytes} bytes long` : null;
}

async function uidOf(vmUser: string, id: string, signal: AbortSignal): Promise<number> {
  const { stdout, exitCode } = await run(id, ['-u', vmUser], { timeoutMs: 10_000, signal, okExitCodes: [1] });
  const uid = /^\d+$/.test(stdout.trim()) ? Number(stdout) : Number.NaN;
  if (exitCode === 0 && uid > 0) return uid;
  throw new MacrunnerError('host-unfit', `there is no user "${vmUser}" to own the VMs`, {
    hint: 'create the user or name another in host.vmUser; it must not be root',
  });
}
