/** Makes the incidents of a scenario happen: levers at their time, faults of single calls while they last. */
import type { Call, Fault as GitHubFault } from './github/faults.ts';
import type { CallOf } from './host.ts';
import { incidentText } from './incident-text.ts';
import { createRandom, type Random } from './random.ts';
import type { Incident, Scenario } from './scenario.ts';
import type { GuestScript, Fault as MacFault, PortCall } from './tart/settings.ts';
import type { VirtualTime } from './virtual-time.ts';
import type { World } from './world.ts';

type Of<K extends Incident['kind']> = Extract<Incident, { kind: K }>;

/** What befalls single calls. */
export class CallFaults {
  readonly #scenario: Scenario;
  readonly #time: VirtualTime;
  readonly #startMs: number;
  readonly #random: Random;
  readonly #github: readonly Of<'github-calls'>[];
  readonly #mac: readonly Of<'mac-calls'>[];
  readonly #kills: readonly Of<'kill-at-call'>[];
  /** What a kill at a call calls, with the host and how long its daemon stays down. */
  onKill: (host: number, downMs: number) => void = () => undefined;

  constructor(scenario: Scenario, time: VirtualTime, startMs: number) {
    this.#scenario = scenario;
    this.#time = time;
    this.#startMs = startMs;
    this.#random = createRandom(scenario.seed, 'faults');
    this.#github = scenario.incidents.filter((incident) => incident.kind === 'github-calls');
    this.#mac = scenario.incidents.filter((incident) => incident.kind === 'mac-calls');
    this.#kills = scenario.incidents.filter((incident) => incident.kind === 'kill-at-call');
  }

  ofGitHub({ from, route }: Call): GitHubFault | null {
    for (const incident of this.#github) {
      if (this.#scenario.hosts[incident.host]?.id !== from || !this.#isOn(incident)) continue;
      if (incident.routes !== null && !incident.routes.includes(route)) continue;
      if (this.#random.chance(incident.chance)) return incident.fault;
    }
    return null;
  }

  ofMac(host: number, { method }: PortCall): MacFault | null {
    for (const incident of this.#mac) {
      if (incident.host !== host || !this.#isOn(incident)) continue;
      if (incident.methods !== null && !incident.methods.includes(method)) continue;
      if (!this.#random.chance(incident.chance)) continue;
      return incident.fault === 'error' ? new Error(`${method} failed by the plan`) : incident.fault;
    }
    return null;
  }

  endAt(host: number, { name, call, nth }: CallOf): Of<'kill-at-call'> | null {
    const kill = this.#kills.find((incident) => {
      if (incident.host !== host) return false;
      return incident.of === null ? incident.call === call : incident.of === name && incident.call === nth;
    });
    if (!kill) return null;
    this.onKill(host, kill.lateMs + kill.downMs);
    return kill;
  }

  guest(host: number, nth: number): Partial<GuestScript> {
    for (const incident of this.#scenario.incidents)
      if (incident.kind === 'guest' && incident.host === host && incident.nth === nth) return incident.script;
    return {};
  }

  #isOn({ atMs, forMs }: { readonly atMs: number; readonly forMs: number }): boolean {
    const nowMs = this.#time.now() - this.#startMs;
    return nowMs >= atMs && nowMs < atMs + forMs;
  }
}

export function scheduleIncidents(world: World, faults: CallFaults, say: (text: string) => void): void {
  const { scenario, time, hosts } = world;
  faults.onKill = (host, downMs) => void time.after(downMs, () => hosts[host]?.start());
  for (const incident of scenario.incidents) {
    if (!('atMs' in incident)) continue;
    time.after(incident.atMs, () => {
      say(incidentText(incident, scenario.hosts));
      happen(world, incident);
    });
  }
}

function happen(world: World, incident: Extract<Incident, { atMs: number }>): void {
  const { time, github, hosts } = world;
  const host = hosts[incident.host];
  if (!host) return;
  const { levers } = host.mac;
  const plan = world.scenario.hosts[incident.host];
  const later = (work: () => void) => 'forMs' in incident && time.after(incident.forMs, work);
  const startLater = (downMs: number) => time.after(downMs, () => host.start());
  switch (incident.kind) {
    case 'kill':
      host.kill();
      startLater(incident.downMs);
      return;
    case 'lose-ledger':
      host.loseLedger();
      startLater(incident.downMs);
      return;
    case 'terminate':
      host.terminate();
      // As launchd does after its patience.
      time.after(Math.min(5_000, incident.downMs / 2), () => host.kill());
      startLater(incident.downMs);
      return;
    case 'reboot':
      host.reboot();
      startLater(incident.downMs);
      return;
    case 'outage': {
      const from = incident.of === 'host' && plan ? { from: plan.id } : {};
      github.outage({ ...from, fault: 'lost-request', andRunners: incident.andRunners });
      later(() => github.outage({ ...from, fault: null }));
      return;
    }
    case 'delete-set':
    case 'kill-session':
    case 'replay': {
      const set = `mr-${plan?.id}-${plan?.pools[incident.pool % plan.pools.length]?.name}`;
      if (incident.kind === 'delete-set') github.deleteSet(set);
      else if (incident.kind === 'kill-session') github.killSession(set);
      else github.replay(set);
      return;
    }
    case 'expire-tokens':
      github.expireTokens();
      return;
    case 'crash':
    case 'forget-runner':
    case 'complete-early':
    case 'silence':
    case 'misread':
    case 'stubborn':
      befall(world, incident);
      return;
    case 'ghost':
      levers.haunt({ forMs: incident.forMs, process: null });
      return;
    case 'foreign':
      levers.startForeign('someone-elses', 'tart');
      later(() => levers.stopForeign('someone-elses'));
      return;
    case 'disk-full':
      levers.setFreeBytes(10_000_000_000);
      later(() => levers.setFreeBytes(500_000_000_000));
      return;
    case 'keychain':
      levers.breakStarts('keychain');
      later(() => levers.breakStarts(null));
      return;
    case 'sleep':
      host.time.sleep(incident.forMs);
      return;
    case 'set-clock':
      host.time.set(incident.byMs);
      return;
    case 'github-calls':
    case 'mac-calls':
      return;
  }
}

/** What happens to one of the VMs that live just then. */
function befall(
  { github, hosts }: World,
  incident: Of<'crash' | 'forget-runner' | 'complete-early' | 'silence' | 'misread' | 'stubborn'>,
): void {
  const mac = hosts[incident.host]?.mac;
  const running = mac?.truth().filter((vm) => vm.state === 'running' && vm.name.startsWith('mr-')) ?? [];
  const vm = running[incident.nth % Math.max(1, running.length)]?.name;
  if (!mac || vm === undefined) return;
  const { levers } = mac;
  switch (incident.kind) {
    case 'crash':
      levers.crash(vm);
      return;
    case 'silence':
      levers.silence(vm, incident.forMs);
      return;
    case 'misread':
      levers.misread(vm, incident.forMs);
      return;
    case 'stubborn':
      levers.makeStubborn(vm, incident.forMs, false);
      return;
    case 'forget-runner':
      github.forgetRunner(vm);
      return;
    case 'complete-early':
      for (const job of github.jobs())
        if (job.runner?.name === vm && job.status !== 'completed') github.completeEarly(job.key);
  }
}
