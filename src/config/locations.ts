/** Where everything lies: the places of an installed Mac, or all of it under `MACRUNNER_HOME`. Makes nothing. */
import { join, resolve } from 'node:path';
import { MacrunnerError } from '../core/error.ts';

export interface Locations {
  readonly config: string;
  /** Preferences that a device management wrote. */
  readonly managed: string;
  readonly ledger: string;
  /** Directory of `file:` secrets. */
  readonly secrets: string;
  /** The agent's control socket. */
  readonly socket: string;
  /** Held by the one agent. */
  readonly lock: string;
  readonly log: string;
  readonly hostId: string;
  /** Directory of the VMs' run logs. */
  readonly vms: string;
}

const DOMAIN = 'dev.macrunner';

/**
 * @throws {@link MacrunnerError} `usage` on a system without fixed places when MACRUNNER_HOME is not set
 */
export function locations(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): Locations {
  const home = env.MACRUNNER_HOME;
  if (home !== undefined && home !== '') return underOne(resolve(home));
  if (platform !== 'darwin') {
    throw new MacrunnerError('usage', 'macrunner has fixed places on macOS only', {
      hint: 'Set MACRUNNER_HOME to a directory that shall hold everything.',
    });
  }
  const support = '/Library/Application Support/macrunner';
  const agent = '/private/var/db/macrunner/agent';
  return {
    config: `${support}/config.json`,
    managed: `/Library/Managed Preferences/${DOMAIN}.plist`,
    ledger: `${support}/ledger/ledger.db`,
    secrets: `${support}/secrets`,
    socket: `${agent}/run/agent.sock`,
    lock: `${agent}/run/agent.lock`,
    log: '/Library/Logs/macrunner/agent.log',
    hostId: `${agent}/state/host-id`,
    vms: `${agent}/state/vms`,
  };
}

function underOne(home: string): Locations {
  return {
    config: join(home, 'config.json'),
    managed: join(home, 'managed', `${DOMAIN}.plist`),
    ledger: join(home, 'ledger', 'ledger.db'),
    secrets: join(home, 'secrets'),
    socket: join(home, 'run', 'agent.sock'),
    lock: join(home, 'run', 'agent.lock'),
    log: join(home, 'logs', 'agent.log'),
    hostId: join(home, 'state', 'host-id'),
    vms: join(home, 'state', 'vms'),
  };
}
