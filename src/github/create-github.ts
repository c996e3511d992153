/** Puts the GitHub room together: one organisation, repository or enterprise, one way to sign in, a queue per pool. */
import { MacrunnerError } from '../core/error.ts';
import type { GitHub } from '../core/ports.ts';
import { createActionsClient } from './actions-client.ts';
import { createAdmin } from './admin.ts';
import { parseConfigUrl } from './config-url.ts';
import { createHeldPoll } from './held-poll.ts';
import { type Context, DEFAULT_TIMINGS, type GitHubAuth, type Log, type Timings } from './options.ts';
import { QueueLoop } from './queue-loop.ts';
import { createRest } from './rest.ts';
import { createRunnerRecords } from './runner-records.ts';
import { createScaleSet } from './scale-set.ts';
import { createSessions } from './session.ts';

export interface GitHubOptions {
  /** `https://github.com/acme`, `…/acme/app`, `…/enterprises/acme`, or the same on a GitHub Enterprise Server. */
  readonly url: string;
  readonly runnerGroup: string;
  readonly auth: GitHubAuth;
  /** Six characters, see core/names.ts. */
  readonly hostId: string;
  readonly log?: Log;
  readonly clock?: () => number;
  readonly version?: string;
  readonly timings?: Partial<Timings>;
}

/** Does nothing until asked. @throws `config-invalid` for a URL that cannot be used */
export function createGitHub(options: GitHubOptions): GitHub {
  const {
    url,
    runnerGroup,
    auth,
    hostId,
    log = () => undefined,
    clock = Date.now,
    version = '0.0.0',
  } = options;
  const context: Context = { log, clock, version, timings: { ...DEFAULT_TIMINGS, ...options.timings } };
  const config = parseConfigUrl(url);
  if (config.scope.kind === 'enterprise' && auth.kind === 'app') throw appOfEnterprise();
  const rest = createRest(context, config, auth);
  const client = createActionsClient(context, createAdmin(context, config, rest));
  return {
    queue({ name: pool, labels }) {
      const sets = createScaleSet(context, client, { hostId, pool, labels, runnerGroup });
      const sessions = createSessions(context, client, hostId);
      const held = createHeldPoll(context.timings.cutEveryMs);
      return {
        listen: (listener, signal) =>
          new QueueLoop({ context, client, pool, sets, sessions, held }, listener, signal).run(),
        capacityChanged: held.capacityChanged,
        ...createRunnerRecords(client, sets),
      };
    },
    async registrations(prefix, signal) {
      const runners = await rest.runners(signal);
      return runners.filter((runner) => runner.name.startsWith(prefix));
    },
  };
}

function appOfEnterprise(): MacrunnerError {
  const hint =
    "use github.token with a classic token that may manage the enterprise's runners (manage_runners:enterprise), or the URL of one organisation";
  return new MacrunnerError('config-invalid', 'a GitHub App cannot register runners of an enterprise', {
    hint,
  });
}
