/** Puts the GitHub room together: one organisation, repository or enterprise, one way to sign in, a queue per pool. */
import { MacrunnerError } from '../core/error.ts';
import type { GitHub } from '../core/ports.ts';
import { systemTime, type Time } from '../lib/time.ts';
import { type ActionsClient, createActionsClient } from './actions-client.ts';
import { createAdmin } from './admin.ts';
import { parseConfigUrl, type Scope } from './config-url.ts';
import { createHeldPoll } from './held-poll.ts';
import {
  type Context,
  DEFAULT_TIMINGS,
  type GitHubAuth,
  type Http,
  type Log,
  type Timings,
} from './options.ts';
import { QueueLoop } from './queue-loop.ts';
import { createRest, type Rest } from './rest.ts';
import { createRestJobs } from './rest-jobs.ts';
import { createRestQueue } from './rest-queue.ts';
import { createRunnerRecords } from './runner-records.ts';
import { createScaleSet } from './scale-set.ts';
import { createSessions } from './session.ts';

interface PlaceOptions {
  /** `https://github.com/acme`, `…/acme/app`, `…/enterprises/acme`, or the same on a GitHub Enterprise Server. */
  readonly url: string;
  readonly runnerGroup: string;
  /** How jobs are heard of: by GitHub's own queue, or by looking for them with the REST API. */
  readonly queue?: 'scale-set' | 'rest';
  /** `owner/name`: where to look by REST, when the URL names an organisation. */
  readonly repositories?: readonly string[];
  /** Six characters, see core/names.ts. */
  readonly hostId: string;
}

export interface GitHubOptions extends PlaceOptions {
  readonly auth: GitHubAuth;
  readonly log?: Log;
  readonly time?: Time;
  readonly http?: Http;
  readonly random?: () => number;
  readonly version?: string;
  readonly timings?: Partial<Timings>;
}

/** Does nothing until asked. @throws `config-invalid` for a URL that cannot be used */
export function createGitHub(options: GitHubOptions): GitHub {
  const { url, auth } = options;
  const context = contextOf(options);
  const config = parseConfigUrl(url);
  if (config.scope.kind === 'enterprise' && auth.kind === 'app') throw appOfEnterprise();
  return createGitHubOver(createRest(context, config, auth), context, options);
}

/** The same, with the REST API as given. */
export function createGitHubOver(rest: Rest, context: Context, options: PlaceOptions): GitHub {
  const config = parseConfigUrl(options.url);
  const queues =
    options.queue === 'rest'
      ? restQueues(context, rest, config.scope, options)
      : scaleSetQueues(context, createActionsClient(context, createAdmin(context, config, rest)), options);
  return {
    queue: queues,
    async registrations(prefix, signal) {
      const runners = await rest.runners(signal);
      return runners.filter((runner) => runner.name.startsWith(prefix));
    },
  };
}

/** What the parts share, with what is not given taken from the system. */
function contextOf(options: GitHubOptions): Context {
  const { log = () => undefined, time = systemTime, version = '0.0.0' } = options;
  const { http = (url, request) => fetch(url, request), random = Math.random } = options;
  return { log, time, http, random, version, timings: { ...DEFAULT_TIMINGS, ...options.timings } };
}

function scaleSetQueues(
  context: Context,
  client: ActionsClient,
  { hostId, runnerGroup }: PlaceOptions,
): GitHub['queue'] {
  return ({ name: pool, labels }) => {
    const sets = createScaleSet(context, client, { hostId, pool, labels, runnerGroup });
    const sessions = createSessions(context, client, hostId);
    const held = createHeldPoll(context.time, context.timings.cutEveryMs);
    return {
      listen: (listener, signal) =>
        new QueueLoop({ context, client, pool, sets, sessions, held }, listener, signal).run(),
      capacityChanged: held.capacityChanged,
      ...createRunnerRecords(client, sets),
    };
  };
}

function restQueues(
  context: Context,
  rest: Rest,
  scope: Scope,
  { hostId, runnerGroup, repositories = [] }: PlaceOptions,
): GitHub['queue'] {
  const places = scope.kind === 'repository' ? [`${scope.owner}/${scope.repo}`] : repositories;
  if (scope.kind === 'enterprise' || places.length === 0) throw nowhereToLook();
  const jobs = createRestJobs(context, rest, places);
  const deps = { context, rest, scope, jobs, taken: new Map<string, string>(), hostId, runnerGroup };
  return (pool) => createRestQueue(deps, pool);
}

function nowhereToLook(): MacrunnerError {
  const hint = 'set github.url to a repository, or name the repositories in github.repositories';
  return new MacrunnerError('config-invalid', 'github.queue is "rest", and no repository is named', { hint });
}

function appOfEnterprise(): MacrunnerError {
  const hint =
    "use github.token with a classic token that may manage the enterprise's runners (manage_runners:enterprise), or the URL of one organisation";
  return new MacrunnerError('config-invalid', 'a GitHub App cannot register runners of an enterprise', {
    hint,
  });
}
