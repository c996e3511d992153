import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { pidsMarked, Sandbox } from '../support/guest/sandbox.ts';
import { until } from '../support/until.ts';

test('the first call greets, heartbeats at once, and prints events as they come', async () => {
  using vm = new Sandbox({ heartbeatMs: 60_000 });
  const events = vm.start('bin/events', ['1']);
  await until(() => events.lines.length === 2);
  expect(events.lines[0]).toBe('{"type":"heartbeat"}');
  expect(JSON.parse(events.lines[1] ?? '')).toMatchObject({ n: 1, type: 'hello', at: expect.any(Number) });
  await vm.append('online');
  await until(() => events.lines.length === 3);
  expect(JSON.parse(events.lines[2] ?? '')).toMatchObject({ n: 2, type: 'online' });
});

test('a follower that comes back gets the lines from its number on and no others', async () => {
  using vm = new Sandbox({ heartbeatMs: 60_000 });
  for (const args of [['online'], ['job-completed'], ['exited', '7']]) await vm.append(...args);
  const events = vm.start('bin/events', ['3']);
  await until(() => events.lines.length === 3);
  expect(events.lines.slice(1).map((line) => JSON.parse(line))).toMatchObject([
    { n: 3, type: 'job-completed' },
    { n: 4, type: 'exited', code: 7 },
  ]);
});

test('heartbeats go on while nothing happens', async () => {
  using vm = new Sandbox({ heartbeatMs: 30 });
  const events = vm.start('bin/events', ['2']);
  await until(() => events.lines.length >= 5);
  expect(new Set(events.lines)).toEqual(new Set(['{"type":"heartbeat"}']));
});

test('many writers at once leave whole lines, numbered without gap or double', async () => {
  using vm = new Sandbox();
  await Promise.all(Array.from({ length: 12 }, () => vm.append('online')));
  expect(vm.events().map(({ n }) => n)).toEqual(Array.from({ length: 13 }, (_, at) => at + 1));
  expect(vm.types().filter((type) => type === 'hello')).toEqual(['hello']);
  expect(vm.types()[0]).toBe('hello');
});

test('a writer that was killed in the middle holds nobody up', async () => {
  using vm = new Sandbox();
  await vm.append('online');
  writeFileSync(vm.state('events/3.json.99999.1.draft'), '{"n":3,"type":"onl');
  await vm.append('job-completed');
  expect(vm.types()).toEqual(['hello', 'online', 'job-completed']);
});

test('events and state are for their owner alone', async () => {
  using vm = new Sandbox();
  await vm.append('online');
  const modes = readdirSync(vm.state('events')).map(
    (name) => statSync(vm.state(`events/${name}`)).mode & 0o777,
  );
  expect(modes).toEqual([0o600, 0o600]);
  expect(statSync(vm.state('events')).mode & 0o777).toBe(0o700);
  expect(statSync(vm.state('.')).mode & 0o777).toBe(0o700);
});

test('when its output is closed it ends at its next line and leaves no process behind', async () => {
  using vm = new Sandbox({ heartbeatMs: 50 });
  const events = vm.start('bin/events', ['1']);
  await until(() => events.lines.length > 0);
  events.child.stdout?.destroy();
  expect(await events.ended).toBe(0);
  await until(() => pidsMarked(vm.rootfs).length === 0);
});

test('only lines that were taken count as collected', async () => {
  using vm = new Sandbox({ heartbeatMs: 20 });
  const events = vm.start('bin/events', ['1']);
  const stamp = () => readFileSync(vm.state('collected'), 'utf8');
  await until(() => stamp() !== '');
  const first = stamp();
  await until(() => stamp() !== first);
  events.child.stdout?.destroy();
  await events.ended;
  const last = stamp();
  await vm.append('online');
  expect(stamp()).toBe(last);
});

test.each([[[]], [['0']], [['-1']], [['1; ls']], [['x']]])('FROM %j is refused', async (args) => {
  using vm = new Sandbox();
  expect(await vm.run('bin/events', args)).toMatchObject({ code: 64, stdout: '' });
});
