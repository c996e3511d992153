/** `tart ip`: asks a resolver about once a second, and never whether the VM runs. */
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArguments } from './arguments.ts';
import { agentUp } from './exec.ts';
import { Failure, other, runtime } from './failure.ts';
import { leasedAddress, neighbourAddress } from './leases.ts';
import { dial, pathOf, vmKey } from './lock.ts';
import { type Double, isSince, secondsMs } from './settings.ts';
import { openVm, readConfig, stateOf } from './vms.ts';

export async function ip(double: Double, argv: readonly string[]): Promise<void> {
  const args = parseArguments(
    {
      command: 'ip',
      numbers: ['--wait'],
      choices: { '--resolver': ['dhcp', 'arp', ...(isSince(double, '2.28.0') ? ['agent'] : [])] },
      positionals: ['name'],
    },
    argv,
  );
  const [name = ''] = args.positionals;
  const { macAddress, os } = readConfig(openVm(double, name));
  const resolver = args.value('--resolver') ?? 'dhcp';
  const endMs = performance.now() + secondsMs(double, args.number('--wait') ?? 0);
  do {
    const address = await resolve(double, name, macAddress, resolver);
    if (address !== undefined) {
      process.stdout.write(`${address}\n`);
      return;
    }
    await wait(secondsMs(double, 1));
  } while (performance.now() < endMs);
  const isRunning = (await stateOf(double, name)) === 'running';
  throw runtime(`no IP address found${isRunning ? '' : ', is your VM running?'}${hintOf(resolver, os)}`);
}

function hintOf(resolver: string, os: string): string {
  if (resolver === 'agent') return ' (also make sure that Guest agent for Tart is running inside of a VM)';
  if (resolver === 'arp' && os === 'linux') {
    return ' (not all Linux distributions are compatible with the ARP resolver)';
  }
  return '';
}

async function resolve(
  double: Double,
  name: string,
  mac: string,
  resolver: string,
): Promise<string | undefined> {
  if (resolver === 'agent') return askAgent(double, name);
  return resolver === 'arp' ? neighbourAddress(double, mac) : leasedAddress(double, mac);
}

/** An agent that is not there is asked again; one that has no address ends the whole command. */
async function askAgent(double: Double, name: string): Promise<string | undefined> {
  const key = vmKey(double, name);
  const channel = await dial(double, key);
  if (channel === undefined) return undefined;
  try {
    await agentUp(channel, secondsMs(double, 1));
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  } finally {
    channel.destroy();
  }
  const address = pathOf(double, key, 'address');
  if (!existsSync(address)) throw other("unknown (2): cannot resolve VM's IP address");
  return readFileSync(address, 'utf8');
}
