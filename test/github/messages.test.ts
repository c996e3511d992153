/** What is read from the queue, and what is tolerated. */
import { expect, test } from 'vitest';
import { readMessage } from '../../src/github/messages.ts';
import { DEFAULT_TIMINGS } from '../../src/github/options.ts';
import { systemTime } from '../../src/lib/time.ts';
import { aMessage } from '../support/stub-github.ts';

const NOW = Date.parse('2026-01-02T03:04:05Z');
const UNSET = '0001-01-01T00:00:00Z';

function read(body: string) {
  const errors: string[] = [];
  const log = (level: string, message: string) => void (level === 'error' && errors.push(message));
  const time = { ...systemTime, wallMs: () => NOW };
  const context = { log, time, http: fetch, random: Math.random, timings: DEFAULT_TIMINGS, version: '1' };
  return { message: readMessage(context, 'ios', body), errors };
}

const assigned = {
  messageType: 'JobAssigned',
  runnerRequestId: 0,
  jobId: 'job-1',
  ownerName: 'acme',
  repositoryName: 'app',
  jobDisplayName: 'build',
  jobWorkflowRef: 'acme/app/.github/workflows/ci.yml@refs/heads/main',
  eventName: 'push',
  workflowRunId: 42,
  queueTime: '2026-01-02T03:00:00Z',
  scaleSetAssignTime: '2026-01-02T03:00:01.5Z',
  runnerAssignTime: UNSET,
};

test('an assigned job is read with all that is known of it', () => {
  const { message } = read(JSON.stringify(aMessage(100000001, [assigned], 3)));
  expect(message).toMatchObject({
    messageId: 100000001,
    assignedCount: 3,
    started: [],
    completed: [],
    offered: [],
  });
  expect(message.assigned).toEqual([
    {
      id: 'job-1',
      pool: 'ios',
      repository: 'acme/app',
      displayName: 'build',
      workflowRunId: 42,
      workflowRef: assigned.jobWorkflowRef,
      event: 'push',
      queuedMs: Date.parse('2026-01-02T03:00:00Z'),
      assignedMs: Date.parse('2026-01-02T03:00:01.5Z'),
      startedMs: null,
      completedMs: null,
      runner: null,
      result: null,
    },
  ]);
});

test('starts and ends are read; unset times are now', () => {
  const { message } = read(
    JSON.stringify(
      aMessage(2, [
        { messageType: 'JobStarted', jobId: 'a', runnerId: 5, runnerName: 'mr-x', runnerAssignTime: UNSET },
        {
          messageType: 'JobCompleted',
          jobId: 'a',
          result: 'failed',
          runnerName: 'mr-x',
          finishTime: '2026-01-02T03:03:00Z',
        },
        {
          messageType: 'JobCompleted',
          jobId: 'b',
          result: 'canceled',
          runnerId: 0,
          runnerName: '',
          finishTime: UNSET,
        },
        { messageType: 'JobCompleted', jobId: 'c', result: 'exploded' },
      ]),
    ),
  );
  expect(message.started).toEqual([{ jobId: 'a', runner: 'mr-x', atMs: NOW }]);
  expect(message.completed).toEqual([
    { jobId: 'a', runner: 'mr-x', result: 'failed', atMs: Date.parse('2026-01-02T03:03:00Z') },
    { jobId: 'b', runner: null, result: 'canceled', atMs: NOW },
    { jobId: 'c', runner: null, result: 'unknown', atMs: NOW },
  ]);
});

test('a message without a body, or without statistics, is a message', () => {
  const { message } = read(
    JSON.stringify({ messageId: 9, messageType: 'RunnerScaleSetJobMessages', body: '' }),
  );
  expect(message).toMatchObject({ messageId: 9, assigned: [], assignedCount: null });
});

test('unknown kinds are ignored in silence, offers are told by their ids', () => {
  const { message, errors } = read(
    JSON.stringify(
      aMessage(3, [
        { messageType: 'JobBlessed' },
        { messageType: 'JobAvailable', runnerRequestId: 8 },
        assigned,
      ]),
    ),
  );
  expect(message).toMatchObject({ offered: [8], settled: [0], assigned: [{ id: 'job-1' }] });
  expect(errors).toEqual([]);
});

test('an unreadable entry is reported and does not bar the others', () => {
  const { message, errors } = read(JSON.stringify(aMessage(3, [{ messageType: 'JobAssigned' }, assigned])));
  expect(message.assigned).toHaveLength(1);
  expect(errors).toHaveLength(1);
});

test.each([
  ['cut off', '{"messageId":1,"messageType":"Runner'],
  ['of another type', JSON.stringify({ ...aMessage(1, []), messageType: 'Other' })],
  ['with a body that is no list', JSON.stringify({ ...aMessage(1, []), body: 'secret-text' })],
])('a message %s is an error that does not quote it', (_, body) => {
  expect(() => read(body)).toThrow(expect.objectContaining({ code: 'github-unavailable' }));
  expect(() => read(body)).not.toThrow(/secret/);
});
