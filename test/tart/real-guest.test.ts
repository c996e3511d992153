/** The two halves of the guest channel against each other: the host's adapter and the programs of the real image. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { GuestEvent } from '../../src/core/ports.ts';
import { buildGuestImage } from '../support/guest/build-image.ts';
import { tartRig } from '../support/tart-rig.ts';
import { until } from '../support/until.ts';

const CREDENTIAL = {
  jitConfig: Buffer.from('{}').toString('base64'),
  environment: { HTTPS_PROXY: 'http://a' },
};

test('the real guest programs are followed, take one credential, and refuse a second', async ({ signal }) => {
  await using rig = tartRig();
  const rootfs = join(rig.dir, 'image');
  buildGuestImage(rootfs, { heartbeatMs: 50 });
  rig.double.addImage('template', { rootfs });
  await rig.vms.clone('template', 'job-1', signal);
  await rig.vms.start('job-1', signal);
  const events: GuestEvent[] = [];
  const stop = new AbortController();
  let lives = 0;
  const follower = {
    onAnswer: () => undefined,
    onLife: () => {
      lives += 1;
    },
    onEvent: (event: GuestEvent) => {
      events.push(event);
    },
  };
  const following = rig.guest.follow('job-1', 1, follower, AbortSignal.any([stop.signal, signal]));
  const outcome = expect(following).rejects.toBe('seen enough');
  await rig.guest.deliver('job-1', CREDENTIAL, signal);
  await until(() => events.some((event) => event.type === 'credential-taken') && lives > events.length);
  await expect(rig.guest.deliver('job-1', CREDENTIAL, signal)).rejects.toMatchObject({
    code: 'guest-refused',
  });
  stop.abort('seen enough');
  await outcome;
  expect(events.slice(0, 2)).toEqual([
    { type: 'hello', n: 1 },
    { type: 'credential-taken', n: 2 },
  ]);
});
