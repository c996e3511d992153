/** Who may reboot the host. */
import { expect, test } from 'vitest';
import { rebooter } from '../../src/host/reboot.ts';

test.each([
  ['darwin', false],
  ['linux', true],
] as const)('on %s, root: %s, there is nothing to call', (platform, isRoot) => {
  expect(rebooter({ platform, isRoot })).toBeNull();
});

test('root on a Mac may', () => expect(rebooter({ platform: 'darwin', isRoot: true })).not.toBeNull());
