/** Where runners can be registered: an organisation, one repository, or a whole enterprise. */
import { expect, test } from 'vitest';
import { createGitHub } from '../../src/github/create-github.ts';
import { simulate } from '../support/github/simulate.ts';
import { hostOn } from '../support/github-rig.ts';
import { until } from '../support/until.ts';

const NAME = 'mr-abc123-ios-0a1b2c3d';

test.each([
  ['an organisation', 'acme', 'orgs/acme'],
  ['a repository', 'acme/app', 'repos/acme/app'],
  ['an enterprise', 'enterprises/acme', 'enterprises/acme'],
])('jobs of %s come, runners are registered there, and their records are found', async (_, path, scope) => {
  const server = await simulate({ groups: [{ name: 'macs' }] });
  const host = hostOn(server, { url: `${server.origin}/${path}` });
  host.listen();
  await until(() => server.scaleSets()[0]?.capacity != null);
  server.queueJob({ labels: ['xcode-26'], name: 'one', repository: 'acme/app' });
  await until(() => host.assigned().includes('one'));
  const signal = AbortSignal.timeout(60_000);
  const { registrationId } = await host.queue.mint(NAME, signal);
  expect(server.scaleSets()).toMatchObject([{ scope }]);
  expect(await host.github.registrations('mr-abc123-', signal)).toMatchObject([{ id: registrationId }]);
  expect(await host.queue.remove(registrationId, signal)).toBe('removed');
  expect(host.troubles).toEqual([]);
  await host.end();
});

test('an App cannot serve an enterprise, and that is said before anything is asked', () => {
  const auth = { kind: 'app', clientId: 'Iv23x', installationId: 1, privateKey: async () => 'key' } as const;
  const create = () =>
    createGitHub({ url: 'https://github.com/enterprises/acme', runnerGroup: 'x', auth, hostId: 'abc123' });
  expect(create).toThrow(
    expect.objectContaining({ code: 'config-invalid', hint: expect.stringMatching(/token/) }),
  );
});
