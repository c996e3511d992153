/**
 * The agent under test, a process of its own: the service, the ledger, the log, GitHub's client and the control socket as
 * they ship, on a Mac that is in the parent's process. Beside them only what measures. Started by `agent-process.ts`.
 */
import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { configSchema } from '../../src/config/schema.ts';
import type { Context } from '../../src/daemon/context.ts';
import { openControl } from '../../src/daemon/control.ts';
import { createGitHubs } from '../../src/daemon/githubs.ts';
import { startService } from '../../src/daemon/service.ts';
import { createGitHub } from '../../src/github/create-github.ts';
import { freeBytes } from '../../src/host/facts.ts';
import { openLedger } from '../../src/ledger/open.ts';
import { createLog } from '../../src/lib/log.ts';
import { Redactor } from '../../src/lib/redact.ts';
import { systemTime } from '../../src/lib/time.ts';
import { configOf, HOST_ID, placesIn, TIMINGS, UPKEEP } from './conditions.ts';
import { MacLine } from './mac-line.ts';
import { type FromAgent, toAgent, type Vitals } from './protocol.ts';

/** Any: the simulated GitHub's REST API asks for none. */
const TOKEN = 'ghp_0000000000000000000000000000000000';

const { values } = parseArgs({
  options: { home: { type: 'string', default: '' }, url: { type: 'string', default: '' } },
});
await serve(values.home, values.url);

async function serve(home: string, url: string): Promise<void> {
  const places = placesIn(home);
  const stop = new AbortController();
  const mac = new MacLine(say);
  process.on('message', (message) => hear(toAgent.parse(message), mac, stop));
  process.on('disconnect', () => stop.abort());
  const redactor = new Redactor();
  const log = createLog({ to: 'file', file: places.log, redactor, ...places.logLimits });
  const { ledger } = await openLedger(places.ledger, { nowMs: systemTime.wallMs });
  const config = configSchema.parse(configOf(url));
  const service = startService({
    ...{ config: () => config, hostId: HOST_ID, ledger, isLedgerLost: false, isDraining: false },
    ...{ hypervisor: mac.hypervisor(), guest: mac.guest(), time: systemTime, boot: 'soak', log },
    github: createGitHubs(config.github, config.pools, (settings) =>
      createGitHub({
        ...{ url: settings.url, runnerGroup: settings.runnerGroup, hostId: HOST_ID, timings: TIMINGS },
        auth: { kind: 'token', token: async () => TOKEN },
        log: (level, message, fields) => log[level]({ ...fields }, message),
      }),
    ),
    ...{ signal: stop.signal, tartHome: home, freeBytes: () => freeBytes(home), newSuffix: newSuffix },
    keepSecret: (secret) => redactor.add(secret),
  });
  const { context, senses } = service;
  const upkeep = setInterval(() => keepUp(context), UPKEEP.everyMs);
  const control = await openControl({
    ...{ socketPath: places.socket, context, senses, reload: service.reloaded },
    identity: { version: '0', startedMs: context.steadyMs(), problems: () => [], notes: () => [] },
    setDraining: () => undefined,
  });
  say({ say: 'serving' });
  await new Promise<void>((resolve) =>
    stop.signal.addEventListener('abort', () => resolve(), { once: true }),
  );
  clearInterval(upkeep);
  await service.closed();
  await control.close();
  ledger.close();
  await log.close();
  if (process.connected) process.disconnect?.();
}

/** As upkeep does, with another age. */
function keepUp({ ledger, steadyMs, nowMs }: Context): void {
  const { keptMs } = UPKEEP;
  ledger.prune({ steadyMs: steadyMs() - keptMs, wallMs: nowMs() - keptMs });
  ledger.archiveAudit(nowMs() - keptMs);
}

function newSuffix(): string {
  return randomBytes(4).toString('hex');
}

function say(message: FromAgent): void {
  // The parent may be gone already; `disconnect` tells.
  if (process.connected) process.send?.(message);
}

function hear(message: ReturnType<typeof toAgent.parse>, mac: MacLine, stop: AbortController): void {
  if (message.say === 'stop') stop.abort();
  else if (message.say === 'measure') void measure().then((vitals) => say({ say: 'vitals', vitals }));
  else mac.hear(message);
}

async function measure(): Promise<Vitals> {
  // What is only waiting for its finalizers goes with the second.
  for (let round = 0; round < 2; round += 1) {
    globalThis.gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  const kib = (bytes: number): number => Math.round(bytes / 1024);
  // One of them is the look itself.
  const fds = readdirSync('/dev/fd').length - 1;
  return { rssKiB: kib(rss), heapKiB: kib(heapUsed + external), fds };
}
