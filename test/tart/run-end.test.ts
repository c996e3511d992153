/** What the last words of `tart run` say about a VM's end; the words are also the double's, of a real process. */
import { expect, test } from 'vitest';
import { endOfRun } from '../../src/tart/run-end.ts';
import { tartRig } from '../support/tart-rig.ts';
import { until } from '../support/until.ts';

const GIB = 1024 ** 3;

test.for([
  ['guest has stopped the virtual machine', 'powered-off'],
  ['guest has stopped the virtual machine due to error: panic', 'crashed'],
  ['guest has stopped the virtual machine due to error: No space left on device', 'disk-full'],
  ["virtual machine's network attachment 0 has been disconnected with error: gone", 'network-lost'],
  ['RuntimeFailed(why: "Softnet process terminated prematurely")', 'filter-lost'],
  ['snapshot created successfully! shutting down the VM...', 'suspended'],
  ['Stopping VM...', 'stopped'],
  ['The number of VMs exceeds the system limit', 'failed'],
] as const)('"%s" is the end of one that is %s', ([words, end]) => {
  expect(endOfRun(words, 80 * GIB)).toBe(end);
  expect(endOfRun(words, null)).toBe(end);
});

test('a crash on a full disk is put down to the disk, whatever the words', () => {
  expect(endOfRun('guest has stopped the virtual machine due to error: odd', GIB / 4)).toBe('disk-full');
  expect(endOfRun('guest has stopped the virtual machine', GIB / 4)).toBe('powered-off');
});

test.for([
  ['crash Error Domain=NSPOSIXErrorDomain Code=28 "No space left on device"', 'disk-full'],
  ['crash', 'crashed'],
  ['detach', 'network-lost'],
  ['off', 'powered-off'],
] as const)('a VM that ends by "%s" leaves words that say so', async ([word, end], { signal }) => {
  await using rig = tartRig({ vms: ['a'] });
  await rig.vms.start('a', signal);
  rig.double.power('a', word);
  await until(async () => !(await rig.double.isRunning('a')));
  await until(async () => (await rig.vms.lastWords('a')) !== null);
  expect(endOfRun((await rig.vms.lastWords('a')) ?? '', null)).toBe(end);
});
