/** What of a world is not at rest: work that waits, VMs, records and notes that should be gone. */
import type { SimulatedGitHub } from './github/simulated-github.ts';
import type { SimulatedHost } from './host.ts';
import type { Scenario } from './scenario.ts';

/** One entry per thing, told one by one since mostly the first is enough; none when all is over and clean. */
export function* whatRemains(
  github: SimulatedGitHub,
  hosts: readonly SimulatedHost[],
  { jobs, hosts: plans }: Scenario,
): Generator<string> {
  let ordered = 0;
  for (const { key, status } of github.jobs()) {
    ordered += 1;
    if (status !== 'completed') yield `${key} is ${status}`;
  }
  if (ordered < jobs.length) yield `${jobs.length - ordered} jobs are still to come`;
  for (const runner of github.runners()) yield `GitHub has a record of ${runner.name}`;
  for (const [index, host] of hosts.entries()) yield* remainsOn(host, plans[index]?.pools ?? []);
}

function* remainsOn(
  { mac, ledger, service }: SimulatedHost,
  pools: readonly { readonly warm: number }[],
): Generator<string> {
  if (!service) {
    yield 'the daemon is down';
    return;
  }
  const warm = pools.reduce((sum, pool) => sum + pool.warm, 0);
  const vms = mac.truth().filter((vm) => vm.name.startsWith('mr-'));
  const runners = ledger.runners();
  for (const name of mac.halfMade()) yield `a directory is left of ${name}`;
  for (const vm of vms) if (vm.state !== 'running') yield `${vm.name} is ${vm.state}`;
  for (const { name, phase } of runners) if (phase !== 'warm') yield `${name} is ${phase}`;
  if (vms.length !== warm) yield `${vms.length} VMs, ${warm} should be warm`;
  if (runners.length !== warm) yield `${runners.length} runners, ${warm} should be warm`;
  for (const job of ledger.openJobs()) yield `the ledger holds ${job.id} for open`;
  for (const intent of ledger.openIntents()) yield `${intent.what} of ${intent.subject} is open`;
  if (service.context.desk.waiting.length > 0) yield 'jobs wait';
}
