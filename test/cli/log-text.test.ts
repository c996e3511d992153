/** Log lines for people. */
import { expect, test } from 'vitest';
import { logText } from '../../src/cli/log-text.ts';
import { createPaint } from '../../src/cli/paint.ts';

const paint = createPaint(false);
const time = new Date(2026, 10, 24, 14, 3, 7).getTime();

test('time, level, sentence, facts; what is the same everywhere is left out', () => {
  const line = JSON.stringify({
    level: 30,
    time,
    pid: 1,
    hostname: 'mac',
    msg: 'runner moved',
    from: 'warm',
    tookMs: 12,
  });
  expect(logText(line, paint)).toBe('14:03:07 info  runner moved  from=warm tookMs=12');
});

test('an error shows its message and code', () => {
  const line = JSON.stringify({
    level: 'error',
    time,
    msg: 'clone failed',
    err: { message: 'no room', code: 'disk-full', stack: 's' },
  });
  expect(logText(line, paint)).toBe('14:03:07 error clone failed  no room (disk-full)');
});

test('a time as text is understood', () => {
  const line = JSON.stringify({ level: 'warn', time: new Date(time).toISOString(), msg: 'slow' });
  expect(logText(line, paint)).toBe('14:03:07 warn  slow');
});

test.each(['not json', '{"level":', '[1]'])('%s is shown as it is', (line) => {
  expect(logText(line, paint)).toBe(line);
});

test('facts from a guest cannot command the terminal', () => {
  const line = JSON.stringify({ level: 30, time, msg: 'job', name2: '\u001B[2Jx y' });
  expect(logText(line, paint)).not.toContain('\u001B');
});
