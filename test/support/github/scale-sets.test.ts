/** Items 10 to 12 and 24: runner groups, scale sets, and the credentials that they mint. */
import { createPrivateKey } from 'node:crypto';
import { expect, test } from 'vitest';
import { bootstrap, call, listen, openSession, PAT } from './raw-client.ts';
import { decodeJit } from './raw-runner.ts';
import { simulate } from './simulate.ts';

const SETS = '_apis/runtime/runnerscalesets';

test('item 10: groups are found by name in any case, the default one is 1, unknown ones are none', async () => {
  const github = await simulate({ groups: [{ name: 'mac-studios' }] });
  const actions = await bootstrap(github);
  const find = (name: string) => actions.call('GET', `_apis/runtime/runnergroups/?groupName=${name}`);
  expect((await find('default')).body).toMatchObject({ count: 1, value: [{ id: 1, isDefaultGroup: true }] });
  expect((await find('Mac-Studios')).body).toMatchObject({
    count: 1,
    value: [{ id: 2, isDefaultGroup: false }],
  });
  expect((await find('nope')).body).toMatchObject({ count: 0, value: [] });
});

test('item 11: a set is created with 200, its label types in lower case, and its name is unique in the group', async () => {
  const github = await simulate({ groups: [{ name: 'other' }] });
  const actions = await bootstrap(github);
  const order = {
    name: 'ios',
    runnerGroupId: 1,
    labels: [{ type: 'System', name: 'macOS' }, { name: 'xcode-26' }],
    runnerSetting: { disableUpdate: true },
    createdOn: '0001-01-01T00:00:00Z',
  };
  const created = await actions.call('POST', SETS, order);
  expect(created.status).toBe(200);
  expect(created.body).toMatchObject({
    id: 1,
    runnerGroupName: 'Default',
    labels: [
      { type: 'system', name: 'macOS' },
      { type: 'system', name: 'xcode-26' },
    ],
    RunnerSetting: { disableUpdate: true },
    statistics: { totalAssignedJobs: 0 },
  });
  const again = await actions.call('POST', SETS, order);
  expect([again.status, again.text]).toEqual([400, expect.stringContaining('typeName')]);
  expect((await actions.call('POST', SETS, { ...order, runnerGroupId: 2 })).status).toBe(200);
  const found = await actions.call('GET', `${SETS}?runnerGroupId=1&name=ios`);
  expect(found.body).toMatchObject({ count: 1, value: [{ id: 1 }] });
  expect((await actions.call('GET', SETS)).body).toMatchObject({ count: 2 });
});

test('item 11: a set without labels is labelled with its name, and an old GHES keeps one label', async () => {
  const github = await simulate({ dropExtraLabels: true });
  const actions = await bootstrap(github);
  expect((await actions.call('POST', SETS, { name: 'bare' })).body).toMatchObject({
    labels: [{ name: 'bare' }],
  });
  const order = { name: 'two', labels: [{ name: 'a' }, { name: 'b' }] };
  expect((await actions.call('POST', SETS, order)).body.labels).toEqual([
    { id: 1, type: 'system', name: 'a' },
  ]);
});

test('item 12: a set is changed in part, and its deletion ends its session', async () => {
  const github = await simulate({ holdMs: 60_000 });
  const { actions, set, poll } = await listen(github);
  const changed = await actions.call('PATCH', `${SETS}/${set}`, { RunnerSetting: { disableUpdate: true } });
  expect(changed.body).toMatchObject({ id: set, name: 'set', RunnerSetting: { disableUpdate: true } });

  const held = poll();
  await expect.poll(() => github.world.scaleSets.get(set)?.gate.held).toBe(1);
  expect((await actions.call('DELETE', `${SETS}/${set}`)).status).toBe(204);
  expect((await held).text).toContain('RunnerScaleSetNotFoundException');
  const gone = await actions.call('POST', `${SETS}/${set}/sessions`, { ownerName: 'test' });
  expect([gone.status, gone.text]).toEqual([404, expect.stringContaining('RunnerScaleSetNotFoundException')]);
});

test('item 12: GitHub deletes a set by itself after seven days without a session, or at once when told', async () => {
  const github = await simulate();
  const { actions, session, set } = await listen(github);
  github.advance(6 * 86_400_000);
  const fresh = await bootstrap(github);
  await fresh.call('PATCH', `${SETS}/${set}/sessions/${session.sessionId}`);
  github.advance(6 * 86_400_000);
  expect(github.scaleSets()).toHaveLength(1);
  github.advance(86_400_000);
  expect(github.scaleSets()).toEqual([]);
  expect(actions.base).toBe(fresh.base);

  const other = await listen(github, { name: 'other' });
  await call('POST', `${github.origin}/_control/scalesets/${other.set}/delete`);
  expect((await other.actions.call('GET', `${SETS}/${other.set}`)).status).toBe(404);
});

test('item 24: a credential holds three files and a working RSA key; its record is offline, ephemeral and idle', async () => {
  const github = await simulate();
  const { mint, set } = await listen(github);
  const minted = await mint('mr-abc123-ios-00000001');
  expect(minted.status).toBe(200);
  expect(minted.body.runner).toMatchObject({ name: 'mr-abc123-ios-00000001', runnerScaleSetId: set });
  const { runner, credentials, parameters } = decodeJit(String(minted.body.encodedJITConfig));
  expect(runner).toMatchObject({
    AgentName: 'mr-abc123-ios-00000001',
    ServerUrlV2: `${github.origin}/_broker/`,
  });
  expect(credentials.Data.AuthorizationUrl).toContain(github.origin);
  const url = (base64: string) => Buffer.from(base64, 'base64').toString('base64url');
  const { modulus: n, exponent: e, inverseQ: qi, ...rest } = parameters;
  const primes = Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, url(value)]));
  const jwk = { kty: 'RSA', n: url(n), e: url(e), qi: url(qi), ...primes };
  expect(createPrivateKey({ key: jwk, format: 'jwk' }).asymmetricKeyDetails?.modulusLength).toBe(2048);
  expect(github.secrets()).toContain(minted.body.encodedJITConfig);
  expect(github.secrets()).toContain(parameters.d);

  const list = await call('GET', `${github.origin}/api/v3/orgs/acme/actions/runners`, { authorization: PAT });
  expect(list.body.runners).toMatchObject([
    { status: 'offline', busy: false, ephemeral: true, version: null },
  ]);
});

test('item 24: a name that is taken is refused with AgentExistsException, and free again after removal', async () => {
  const github = await simulate();
  const { mint, actions } = await listen(github);
  await mint('twice');
  const clash = await mint('twice');
  expect([clash.status, clash.text]).toEqual([409, expect.stringContaining('AgentExistsException')]);
  const agents = '_apis/distributedtask/pools/0/agents';
  const found = await actions.call('GET', `${agents}?agentName=twice`);
  expect(found.body).toMatchObject({ count: 1, value: [{ id: 1, name: 'twice', runnerScaleSetId: 1 }] });
  expect((await actions.call('GET', `${agents}/1`)).body).toMatchObject({ name: 'twice' });
  expect((await actions.call('DELETE', `${agents}/1`)).status).toBe(204);
  expect((await mint('twice')).status).toBe(200);
});

test('a session can be opened again on a set that was found by name', async () => {
  const github = await simulate();
  const { actions, set, session } = await listen(github);
  await actions.call('DELETE', `${SETS}/${set}/sessions/${session.sessionId}`);
  expect((await (await openSession(actions, set)).poll()).status).toBe(202);
});
