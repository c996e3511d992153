/** The simulated Mac's VMs, slots and disk, as a daemon sees them and as they are. */
import { expect, test } from 'vitest';
import { macRig, startedVm } from './mac-rig.ts';
import type { Fault } from './settings.ts';

test('a VM is cloned, started, stopped and deleted, and each deed is told with who ordered it', async () => {
  const rig = macRig();
  const { hypervisor } = rig.life;
  await startedVm(rig, 'a');
  expect(await rig.play(hypervisor.list(rig.signal))).toEqual([
    { name: 'a', state: 'running' },
    { name: 'template', state: 'stopped' },
  ]);
  await rig.play(hypervisor.stop('a', rig.signal));
  expect(await hypervisor.lastWords('a')).toBe('Stopping VM...');
  await rig.play(hypervisor.delete('a', rig.signal));
  expect(rig.mac.truth()).toEqual([{ name: 'template', state: 'stopped' }]);
  expect(rig.facts.map((fact) => fact.what).filter((what) => what !== 'ghost')).toEqual([
    'vm-cloned',
    'vm-configured',
    'vm-started',
    'vm-stopped',
    'vm-deleted',
  ]);
  expect(rig.told('vm-stopped')).toEqual([{ what: 'vm-stopped', vm: 'a', by: 'daemon', why: 'stop' }]);
});

test('the framework counts own VMs, foreign ones that nobody lists, and ghosts, and refuses the one too many', async () => {
  const rig = macRig({ images: ['i/a'], hauntingOf: () => ({ forMs: Infinity, process: null }) });
  const { hypervisor } = rig.life;
  rig.mac.levers.startForeign('other', 'other');
  await startedVm(rig, 'a', 'i/a');
  await rig.play(hypervisor.clone('i/a', 'b', rig.signal));
  await expect(rig.play(hypervisor.start('b', rig.signal))).rejects.toMatchObject({ code: 'vm-limit' });
  expect(rig.told('vm-started')).toEqual([{ what: 'vm-started', vm: 'a', counted: 2, limit: 2 }]);
  expect(rig.told('start-refused')).toEqual([{ what: 'start-refused', vm: 'b', counted: 2, why: 'limit' }]);
  expect(await hypervisor.lastWords('b')).toContain('other running VMs: a');
  await rig.play(hypervisor.stop('a', rig.signal));
  await expect(rig.play(hypervisor.start('b', rig.signal))).rejects.toMatchObject({ code: 'vm-limit' });
  rig.mac.reboot();
  await rig.play(hypervisor.start('b', rig.signal));
  expect(rig.mac.framework.count()).toBe(1);
});

test('a ghost that has a process is a leftover, and gone once it is killed', async () => {
  const rig = macRig({ hauntingOf: () => ({ forMs: Infinity, process: 'killable' }) });
  const { hypervisor } = rig.life;
  await startedVm(rig, 'mr-a');
  rig.mac.levers.crash('mr-a');
  const [left] = await rig.play(hypervisor.leftovers('mr-', rig.signal));
  expect(left).toMatchObject({ vm: 'mr-a' });
  expect(await rig.play(hypervisor.leftovers('xx-', rig.signal))).toEqual([]);
  expect(rig.mac.framework.count()).toBe(1);
  expect(await rig.play(hypervisor.killLeftover(left ?? { pid: 0, vm: '' }, rig.signal))).toBe(true);
  expect(rig.mac.framework.count()).toBe(0);
});

test('what the daemon does to a VM that is not ours is done, and told', async () => {
  const rig = macRig();
  rig.mac.levers.startForeign('theirs', 'tart');
  await rig.pass(1_000);
  await rig.play(rig.life.hypervisor.stop('theirs', rig.signal));
  expect(rig.told('foreign-touched')).toEqual([{ what: 'foreign-touched', vm: 'theirs', method: 'stop' }]);
  expect(rig.mac.truth()).toContainEqual({ name: 'theirs', state: 'stopped' });
});

test('an aborted call rejects with the reason at once; a start that had begun goes on', async () => {
  const rig = macRig();
  const { hypervisor } = rig.life;
  await rig.play(hypervisor.clone('template', 'a', rig.signal));
  const stop = new AbortController();
  const starting = hypervisor.start('a', stop.signal);
  await rig.until(() => rig.mac.truth().some((vm) => vm.state === 'running'));
  stop.abort('enough');
  await expect(starting).rejects.toBe('enough');
  await rig.until(() => rig.told('vm-started').length === 1);
  await expect(hypervisor.list(stop.signal)).rejects.toBe('enough');
});

test('a call that is aborted before its process began has no effect', async () => {
  const rig = macRig();
  const stop = new AbortController();
  const cloning = rig.life.hypervisor.clone('template', 'a', stop.signal);
  stop.abort('enough');
  await expect(cloning).rejects.toBe('enough');
  await rig.pass(60_000);
  expect(rig.facts).toEqual([]);
});

test('a clone that is cut off leaves nothing, a directory that nobody lists, or a VM', async () => {
  const left = new Set<string>();
  for (let seed = 1; seed <= 40; seed += 1) {
    const rig = macRig({ seed });
    const stop = new AbortController();
    const cloning = rig.life.hypervisor.clone('template', 'a', stop.signal);
    await rig.pass(100);
    stop.abort('enough');
    await expect(cloning).rejects.toBe('enough');
    await rig.pass(10_000);
    const listed = (await rig.play(rig.life.hypervisor.list(rig.signal))).some(({ name }) => name === 'a');
    const again = await rig
      .play(rig.life.hypervisor.clone('template', 'a', rig.signal))
      .catch((error) => error.code);
    expect(rig.mac.halfMade()).toEqual(!listed && again === 'vm-exists' ? ['a'] : []);
    left.add(`${listed ? 'listed' : 'unlisted'} ${again ?? 'free'}`);
  }
  expect([...left].sort()).toEqual(['listed vm-exists', 'unlisted free', 'unlisted vm-exists']);
});

test('a killed daemon is never answered, and what it began goes on for the next one', async () => {
  const rig = macRig();
  let isSettled = false;
  const settle = () => {
    isSettled = true;
  };
  await rig.play(rig.life.hypervisor.clone('template', 'a', rig.signal));
  void rig.life.hypervisor.start('a', rig.signal).then(settle, settle);
  await rig.until(() => rig.mac.truth().some((vm) => vm.state === 'running'));
  rig.life.die();
  void rig.life.hypervisor.list(rig.signal).then(settle, settle);
  void rig.life.hypervisor.lastWords('a').then(settle, settle);
  // Longer than any deadline, shorter than the guest's patience.
  await rig.pass(600_000);
  expect(isSettled).toBe(false);
  const next = rig.mac.connect();
  expect(await rig.play(next.hypervisor.list(rig.signal))).toContainEqual({ name: 'a', state: 'running' });
});

test('faults: an error, a delay, a lost request, a lost reply, lies of list, a stop without effect', async () => {
  const faults = new Map<string, Fault>();
  const rig = macRig({ fault: ({ method }) => faults.get(method) ?? null });
  const { hypervisor } = rig.life;
  const broken = new Error('broken');
  faults.set('clone', broken);
  await expect(rig.play(hypervisor.clone('template', 'a', rig.signal))).rejects.toBe(broken);
  faults.set('clone', 'lost-request');
  await expect(rig.play(hypervisor.clone('template', 'a', rig.signal))).rejects.toMatchObject({
    code: 'command-timed-out',
  });
  expect(rig.facts).toEqual([]);
  faults.set('clone', 'lost-reply');
  await expect(rig.play(hypervisor.clone('template', 'a', rig.signal))).rejects.toMatchObject({
    code: 'command-timed-out',
  });
  expect(rig.told('vm-cloned')).toHaveLength(1);
  const beganMs = rig.nowMs();
  faults.set('start', 5_000);
  await rig.play(hypervisor.start('a', rig.signal));
  expect(rig.nowMs() - beganMs).toBeGreaterThan(5_000);
  faults.set('list', 'stopped');
  expect(await rig.play(hypervisor.list(rig.signal))).toContainEqual({ name: 'a', state: 'stopped' });
  faults.set('list', 'empty');
  expect(await rig.play(hypervisor.list(rig.signal))).toEqual([]);
  faults.set('stop', 'no-effect');
  await rig.play(hypervisor.stop('a', rig.signal));
  expect(rig.mac.truth()).toContainEqual({ name: 'a', state: 'running' });
});

test('a VM that does not hear is killed after its patience; one that cannot be killed is told', async () => {
  const rig = macRig();
  const { hypervisor } = rig.life;
  await startedVm(rig, 'a');
  rig.mac.levers.makeStubborn('a', 60_000, true);
  await expect(rig.play(hypervisor.stop('a', rig.signal))).rejects.toMatchObject({ code: 'vm-running' });
  rig.mac.levers.makeStubborn('a', 60_000, false);
  const beganMs = rig.nowMs();
  await rig.play(hypervisor.stop('a', rig.signal));
  expect(rig.nowMs() - beganMs).toBeGreaterThan(5_000);
  expect(await hypervisor.lastWords('a')).toBe(null);
});

test('a disk without space clones nothing', async () => {
  const rig = macRig();
  rig.mac.levers.setFreeBytes(1_000);
  expect(rig.life.freeBytes()).toBe(1_000);
  await expect(rig.play(rig.life.hypervisor.clone('template', 'a', rig.signal))).rejects.toMatchObject({
    code: 'disk-full',
  });
});

test.for([
  ['keychain', 'keychain-locked'],
  ['auxiliary-lock', 'vm-held'],
] as const)('while starts fail by %s, the code is %s', async ([failure, code]) => {
  const rig = macRig();
  await rig.play(rig.life.hypervisor.clone('template', 'a', rig.signal));
  rig.mac.levers.breakStarts(failure);
  await expect(rig.play(rig.life.hypervisor.start('a', rig.signal))).rejects.toMatchObject({ code });
  expect(rig.mac.framework.count()).toBe(0);
  rig.mac.levers.breakStarts(null);
  await rig.play(rig.life.hypervisor.start('a', rig.signal));
});

test('a delete without effect is seen, and told as a failure', async () => {
  const rig = macRig({ fault: ({ method }) => (method === 'delete' ? 'no-effect' : null) });
  await rig.play(rig.life.hypervisor.clone('template', 'a', rig.signal));
  await expect(rig.play(rig.life.hypervisor.delete('a', rig.signal))).rejects.toMatchObject({
    code: 'command-failed',
  });
});

test('a reboot ends every VM and every process, and the framework forgets', async () => {
  const rig = macRig();
  await startedVm(rig, 'a');
  void rig.life.hypervisor.clone('template', 'b', rig.signal).catch(() => undefined);
  await rig.pass(100);
  rig.life.die();
  rig.mac.levers.haunt({ forMs: Infinity, process: null });
  rig.mac.reboot();
  await rig.pass(60_000);
  expect(rig.told('vm-stopped')).toMatchObject([{ vm: 'a', by: 'itself', why: 'reboot' }]);
  expect(rig.mac.framework.count()).toBe(0);
  expect(rig.mac.truth().some(({ name }) => name === 'b')).toBe(false);
});
