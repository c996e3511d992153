/** Makes the adapters from the configuration: GitHub, Tart, the guest channel. */
import { homedir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import type { Logger } from 'pino';
import type { Locations } from '../config/locations.ts';
import type { Config } from '../config/schema.ts';
import { MacrunnerError } from '../core/error.ts';
import type { Guest, Hypervisor } from '../core/ports.ts';
import { createGitHub } from '../github/create-github.ts';
import type { GitHubAuth } from '../github/options.ts';
import { createVmUser } from '../host/as-vm-user.ts';
import { findProgram, lookForProgram, TOOL_PATH } from '../host/find-program.ts';
import { readSecret } from '../host/secrets.ts';
import { createGuest } from '../tart/guest.ts';
import { createHypervisor, type HypervisorOptions } from '../tart/hypervisor.ts';
import type { TartProgram } from '../tart/tart.ts';
import { createGitHubs, type GitHubSettings, type GitHubs } from './githubs.ts';

export interface Adapters {
  readonly github: GitHubs;
  readonly hypervisor: Hypervisor;
  readonly guest: Guest;
  /** Where Tart keeps its VMs. */
  readonly tartHome: string;
  readonly program: TartProgram;
  /** As whom tart runs. */
  readonly uid: number;
}

export interface AdapterOptions {
  readonly config: Config;
  readonly locations: Locations;
  readonly hostId: string;
  readonly version: string;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly keepSecret: (secret: string) => void;
  readonly onUpgrade: NonNullable<HypervisorOptions['onUpgrade']>;
}

/** @throws {@link MacrunnerError} `config-invalid` for a URL or a Tart home that cannot be used */
export async function createAdapters(options: AdapterOptions): Promise<Adapters> {
  const { config, locations, log, version, hostId, signal } = options;
  const { vmUser } = config.host;
  const tartHome = config.host.tartHome ?? join(homeOf(vmUser), '.tart');
  const tart = findProgram(
    config.host.tart,
    TOOL_PATH,
    'install it with `brew install openai/tools/tart`, or set host.tart',
  );
  const { wrap, uid } = await createVmUser({
    vmUser: vmUser ?? null,
    isRoot: process.getuid?.() === 0,
    tartHome,
    path: `${dirname(tart)}:${TOOL_PATH}`,
    signal,
  });
  return {
    github: createGitHubs(config.github, config.pools, (settings) =>
      createGitHub({
        url: settings.url,
        runnerGroup: settings.runnerGroup,
        queue: settings.queue,
        repositories: settings.repositories ?? [],
        auth: authOf(settings, options),
        hostId,
        version,
        log: (level, message, fields) => log[level]({ ...fields }, message),
      }),
    ),
    hypervisor: createHypervisor({
      ...{ tart, wrap, tartHome, runLogDir: locations.vms, onUpgrade: options.onUpgrade },
      // Without it, what the system leaves of VMs stays unknown.
      lsof: lookForProgram('lsof', TOOL_PATH) ?? '/usr/sbin/lsof',
    }),
    guest: createGuest({
      tart,
      wrap,
      onMalformed: (vm) => log.warn({ runner: vm }, 'a guest sent a line that is no event'),
    }),
    tartHome,
    program: { tart, wrap },
    uid,
  };
}

/** Secrets are read when they are used, so that a new key needs no restart, and are scrubbed from every log from then on. */
function authOf(
  { app, token }: GitHubSettings,
  { locations, signal, keepSecret }: AdapterOptions,
): GitHubAuth {
  const read = async (reference: string): Promise<string> => {
    const secret = await readSecret(reference, { secretsDir: locations.secrets, signal });
    keepSecret(secret);
    return secret;
  };
  if (app) {
    const { clientId, installationId, privateKey } = app;
    return { kind: 'app', clientId, installationId, privateKey: () => read(privateKey) };
  }
  if (token === undefined) throw new MacrunnerError('config-invalid', 'github has neither app nor token');
  return { kind: 'token', token: () => read(token) };
}

/** The home of the VM user; on a Mac users live in /Users. */
function homeOf(user: string | undefined): string {
  return user === undefined || user === userInfo().username ? homedir() : join('/Users', user);
}
