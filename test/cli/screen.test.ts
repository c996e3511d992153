/** What a terminal gets and others do not: colour, its width, and pictures that are drawn in place. */
import { expect, test } from 'vitest';
import type { Context } from '../../src/cli/context.ts';
import { createScreen, type Screen } from '../../src/cli/screen.ts';
import { watch } from '../../src/cli/watch.ts';
import { MacrunnerError } from '../../src/core/error.ts';

const stream = (isTTY: boolean) => ({ isTTY, columns: 120, rows: 4, write: () => true });

test.each([
  [true, {}, true],
  [true, { NO_COLOR: '1' }, false],
  [true, { NO_COLOR: '' }, true],
  [true, { TERM: 'dumb' }, false],
  [false, {}, false],
])('terminal %s with %j is coloured: %s', (isTTY, env, isColoured) => {
  const painted = createScreen(stream(isTTY), env).paint.bad('x');
  expect(painted).toBe(isColoured ? '\u001B[31mx\u001B[39m' : 'x');
});

test('a terminal is filled to its width, anything else to 80 columns', () => {
  expect(createScreen(stream(true), {}).width).toBe(120);
  expect(createScreen(stream(false), {}).width).toBe(80);
});

function rig(isTerminal: boolean) {
  const written: string[] = [];
  const base = createScreen(stream(false), {});
  const screen: Screen = {
    ...base,
    isTerminal,
    width: 80,
    height: 4,
    write: (text) => void written.push(text),
    print: (text) => void written.push(`${text}\n`),
  };
  const controller = new AbortController();
  const context: Context = {
    env: {},
    platform: 'linux',
    nowMs: () => 0,
    signal: controller.signal,
    out: screen,
    err: screen,
    locations: () => expect.unreachable(),
    daemon: () => expect.unreachable(),
  };
  return { context, written, controller };
}

test('on a terminal a frame is drawn over the last one, no higher than the screen', async () => {
  const { context, written, controller } = rig(true);
  await watch(context, {
    isPlain: false,
    frame: async () => {
      controller.abort();
      return '1\n2\n3\n4\n5';
    },
  });
  expect(written).toEqual(['\u001B[2J', '\u001B[H1\u001B[K\n2\u001B[K\n3\u001B[K\n\u001B[J']);
});

test('elsewhere frames follow one another', async () => {
  const { context, written, controller } = rig(false);
  let frames = 0;
  await watch(context, {
    isPlain: false,
    frame: async () => {
      frames += 1;
      if (frames === 2) controller.abort();
      return `frame ${frames}`;
    },
  });
  expect(written).toEqual(['frame 1\n', '\nframe 2\n']);
});

test('an agent that restarts is waited for, anything else ends the watch', async () => {
  const { context, written, controller } = rig(false);
  const answers = [
    () => Promise.reject(new MacrunnerError('daemon-unreachable', 'nobody listens')),
    () => Promise.reject(new MacrunnerError('output-unreadable', 'not understood')),
  ];
  const watching = watch(context, {
    isPlain: false,
    frame: () => answers.shift()?.() ?? expect.unreachable(),
  });
  await expect(watching).rejects.toThrow('not understood');
  expect(written.join('')).toContain('nobody listens');
  expect(controller.signal.aborted).toBe(false);
});
