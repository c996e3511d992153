/** What of a world is not at rest: work that waits, VMs, records and notes that should be gone. */
import type { SimulatedGitHub } from './github/simulated-github.ts';
import type { SimulatedHost } from './host.ts';
import type { Scenario } from './scenario.ts';

/** One entry per thing; empty when all is over and clean. */
export function whatRemains(
  github: SimulatedGitHub,
  hosts: readonly SimulatedHost[],
  { jobs, hosts: plans }: Scenario,
): readonly string[] {
  const remains: string[] = [];
  let ordered = 0;
  for (const { key, status } of github.jobs()) {
    ordered += 1;
    if (status !== 'completed') remains.push(`${key} is ${status}`);
  }
  if (ordered < jobs.length) remains.push(`${jobs.length - ordered} jobs are still to come`);
  for (const runner of github.runners()) remains.push(`GitHub has a record of ${runner.name}`);
  for (const [index, host] of hosts.entries()) remains.push(...remainsOn(host, plans[index]?.pools ?? []));
  return remains;
}

function remainsOn(
  { mac, ledger, service }: SimulatedHost,
  pools: readonly { readonly warm: number }[],
): readonly string[] {
  if (!service) return ['the daemon is down'];
  const remains: string[] = [];
  const warm = pools.reduce((sum, pool) => sum + pool.warm, 0);
  const vms = mac.truth().filter((vm) => vm.name.startsWith('mr-'));
  const runners = ledger.runners();
  for (const name of mac.halfMade()) remains.push(`a directory is left of ${name}`);
  for (const vm of vms) if (vm.state !== 'running') remains.push(`${vm.name} is ${vm.state}`);
  for (const { name, phase } of runners) if (phase !== 'warm') remains.push(`${name} is ${phase}`);
  if (vms.length !== warm) remains.push(`${vms.length} VMs, ${warm} should be warm`);
  if (runners.length !== warm) remains.push(`${runners.length} runners, ${warm} should be warm`);
  for (const job of ledger.openJobs()) remains.push(`the ledger holds ${job.id} for open`);
  for (const intent of ledger.openIntents()) remains.push(`${intent.what} of ${intent.subject} is open`);
  if (service.context.desk.waiting.length > 0) remains.push('jobs wait');
  return remains;
}
