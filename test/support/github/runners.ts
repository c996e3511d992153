/**
 * Runner records and their single-use credentials: minting a JIT configuration, the three files in it, removal.
 * (actions/runner: src/Runner.Common/ConfigurationStore.cs)
 */
import { randomUUID } from 'node:crypto';
import { createGate } from './gate.ts';
import type { RunnerKey } from './keys.ts';
import type { RunnerRecord, Scope, World } from './state.ts';

export const BROKER = '/_broker/';
export const RUN_SERVICE = '/_run/';
export const OAUTH = '/_oauth/token';
export const RESULTS = '/_results/';
export const FEED = '/_feed/';
export const BILLING_OWNER = 'simulated';

export interface MintOrder {
  readonly name: string;
  readonly scope: Scope;
  readonly scaleSetId: number | null;
  readonly groupId: number;
  readonly labels: readonly string[];
  readonly workFolder: string;
  readonly disableUpdate: boolean;
}

export function findRunner(world: World, scope: Scope, name: string): RunnerRecord | null {
  const same = (runner: RunnerRecord) =>
    runner.scope === scope && runner.name.toLowerCase() === name.toLowerCase();
  return [...world.runners.values()].find(same) ?? null;
}

/** Creates the record and its credential. The caller has checked that the name is free; null when it was taken meanwhile. */
export async function mint(
  world: World,
  order: MintOrder,
): Promise<{ runner: RunnerRecord; jit: string } | null> {
  const key = await world.keys.take();
  if (findRunner(world, order.scope, order.name)) return null;
  const { name, scope, scaleSetId, groupId, labels } = order;
  const runner: RunnerRecord = {
    id: world.nextId('runner'),
    name,
    scope,
    scaleSetId,
    groupId,
    labels,
    clientId: randomUUID(),
    publicKeyPem: key.publicKeyPem,
    createdMs: world.clock.now(),
    session: null,
    lastSeenMs: world.clock.now(),
    version: null,
    os: 'unknown',
    job: null,
    gate: createGate(world.clock),
  };
  world.runners.set(runner.id, runner);
  forgetWhenOffline(world, runner);
  const jit = encodeJit(world, runner, order, key);
  world.tokens.addSecret(jit);
  world.tokens.addSecret(key.parameters.d);
  return { runner, jit };
}

/** GitHub removes ephemeral records that stay offline for a day. */
function forgetWhenOffline(world: World, runner: RunnerRecord): void {
  const offlineMs = world.settings.ephemeralOfflineMs;
  const check = () => {
    if (!world.runners.has(runner.id)) return;
    const leftMs = runner.lastSeenMs + offlineMs - world.clock.now();
    const isNeeded = runner.gate.held > 0 || runner.job !== null;
    if (leftMs <= 0 && !isNeeded) removeRunner(world, runner);
    else world.clock.after(isNeeded ? offlineMs : leftMs, check);
  };
  world.clock.after(offlineMs, check);
}

function encodeJit(world: World, runner: RunnerRecord, order: MintOrder, key: RunnerKey): string {
  const encode = (content: unknown) => Buffer.from(JSON.stringify(content)).toString('base64');
  const files = {
    '.runner': encode({
      AgentId: String(runner.id),
      AgentName: runner.name,
      DisableUpdate: order.disableUpdate ? 'True' : 'False',
      Ephemeral: 'True',
      PoolId: '1',
      PoolName: 'Default',
      ServerUrl: `${world.origin}/tenant/123/`,
      ServerUrlV2: world.origin + BROKER,
      GitHubUrl: '',
      UseV2Flow: 'True',
      UseRunnerAdminFlow: 'True',
      WorkFolder: order.workFolder || '_work',
    }),
    '.credentials': encode({
      Scheme: 'OAuth',
      Data: {
        ClientId: runner.clientId,
        AuthorizationUrl: world.origin + OAUTH,
        RequireFipsCryptography: 'True',
        enableAuthMigrationByDefault: 'True',
        authorizationUrlV2: world.origin + OAUTH,
      },
    }),
    '.credentials_rsaparams': encode(key.parameters),
  };
  return encode(files);
}

/** Removes the record: whatever its process tries afterwards is refused. */
export function removeRunner(world: World, runner: RunnerRecord): void {
  world.runners.delete(runner.id);
  runner.session = null;
  runner.gate.wake();
}
