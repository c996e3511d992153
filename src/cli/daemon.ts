/** The agent's control socket, as a client sees it: every answer is checked, every refusal is one of our errors. */
import type * as z from 'zod';
import { hasCode, MacrunnerError } from '../core/error.ts';
import {
  drainReport,
  type EventLine,
  errorReport,
  eventLine,
  type JobDetail,
  jobDetail,
  type RunnerDetail,
  type RunnerReport,
  reloadReport,
  runnerDetail,
  runnerList,
  type StatusReport,
  statusReport,
  stopReport,
} from '../daemon/report.ts';
import { requestJson, streamLines } from '../lib/unix-http.ts';
import { isErrorCode } from './errors.ts';

export interface Daemon {
  status(): Promise<StatusReport>;
  job(idOrPrefix: string): Promise<JobDetail>;
  runners(options: { readonly all: boolean }): Promise<readonly RunnerReport[]>;
  /** One runner, of now or of the past, with its timeline. */
  runner(name: string): Promise<RunnerDetail>;
  stopRunner(name: string, options: { readonly force: boolean }): Promise<{ readonly stopping: boolean }>;
  drain(): Promise<{ readonly isDraining: boolean; readonly busy: number }>;
  resume(): Promise<{ readonly isDraining: boolean; readonly busy: number }>;
  /** Asks for the configuration to be read again. */
  reload(): Promise<unknown>;
  /** Events after number `after`, or the newest; with `follow` until the signal aborts or the agent ends. */
  events(options: EventsOptions): Promise<void>;
}

interface EventsOptions {
  readonly after: number | undefined;
  readonly follow: boolean;
  readonly onEvent: (event: EventLine) => void;
}

const TIMEOUT_MS = 10_000;
const ABSENT =
  'start it with `macrunner up`, or, where it is installed, `sudo launchctl kickstart system/dev.macrunner.agent`';
const STUCK = 'it may be stuck: see `macrunner logs`, then restart it; running jobs go on';

/** @throws all methods: `daemon-unreachable`, `output-unreadable`, and whatever the agent refuses with */
export function createDaemon(socketPath: string, signal: AbortSignal, timeoutMs = TIMEOUT_MS): Daemon {
  async function ask<Schema extends z.ZodType>(
    schema: Schema,
    method: 'GET' | 'POST',
    path: string,
    body?: unknown,
  ): Promise<z.output<Schema>> {
    const sent = body === undefined ? {} : { body };
    const answer = await reach(() => requestJson({ socketPath, method, path, timeoutMs, signal, ...sent }));
    if (answer.status >= 400) throw refusalOf(answer.status, answer.body);
    return understand(schema, answer.body);
  }

  return {
    status: () => ask(statusReport, 'GET', '/v1/status'),
    job: (id) => ask(jobDetail, 'GET', `/v1/jobs/${encodeURIComponent(id)}`),
    runners: async ({ all }) => (await ask(runnerList, 'GET', `/v1/runners${all ? '?all=1' : ''}`)).runners,
    runner: (name) => ask(runnerDetail, 'GET', `/v1/runners/${encodeURIComponent(name)}`),
    stopRunner: (name, { force }) =>
      ask(stopReport, 'POST', `/v1/runners/${encodeURIComponent(name)}/stop`, { force }),
    drain: () => ask(drainReport, 'POST', '/v1/drain'),
    resume: () => ask(drainReport, 'POST', '/v1/resume'),
    reload: () => ask(reloadReport, 'POST', '/v1/reload'),
    events: ({ after, follow, onEvent }) =>
      reach(() =>
        streamLines({
          socketPath,
          path: eventsPath(after, follow),
          timeoutMs,
          signal,
          onLine: (line) => onEvent(understand(eventLine, jsonOf(line))),
        }),
      ),
  };
}

function eventsPath(after: number | undefined, follow: boolean): string {
  const query = [...(after === undefined ? [] : [`after=${after}`]), ...(follow ? ['follow=1'] : [])];
  return query.length === 0 ? '/v1/events' : `/v1/events?${query.join('&')}`;
}

/** Says how to start the agent when it is not there. */
async function reach<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!hasCode(error, 'daemon-unreachable') || error.hint !== undefined) throw error;
    // Without a cause nothing was refused: somebody is there and says nothing.
    const hint = error.cause === undefined ? STUCK : ABSENT;
    throw new MacrunnerError(error.code, error.message, { hint, cause: error.cause });
  }
}

function refusalOf(status: number, body: unknown): MacrunnerError {
  const parsed = errorReport.safeParse(body);
  if (!parsed.success) return unreadable(`status ${status} and no reason`);
  const { code, message, hint } = parsed.data.error;
  return new MacrunnerError(
    isErrorCode(code) ? code : 'command-failed',
    message,
    hint === null ? {} : { hint },
  );
}

function understand<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw unreadable(`${issue?.path.join('.') || 'the whole'}: ${issue?.message ?? 'not as expected'}`);
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw unreadable(`a line that is not JSON (${line.length} characters)`);
  }
}

function unreadable(why: string): MacrunnerError {
  return new MacrunnerError('output-unreadable', "the agent's answer is not understood", {
    cause: new Error(why),
    hint: 'the agent and this program may be of different versions: compare `macrunner version`, restart the agent',
  });
}
