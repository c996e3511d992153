/** From a request to the rule that answers it. The paths are matched by hand: this runs for every call of every world. */
import { type Answer, json, noSuchSet, notAllowed, refusal, type Waiting } from './answer.ts';
import type { Route } from './faults.ts';
import { acknowledge, acquire, listOffers, poll } from './queue.ts';
import { deleteAgent, findAgents, getAgent, mint } from './records.ts';
import { createSet, deleteSet, describeSet, findGroups, findSets, updateSet } from './scale-sets.ts';
import { createSession, deleteSession, QUEUE_PATH, refreshSession, SHARD } from './sessions.ts';
import type { ScaleSet, State } from './state.ts';
import { findToken, issueToken } from './tokens.ts';

export interface WireRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/** A request with its route and the ids of its path. */
export interface Routed {
  readonly route: Route;
  readonly request: WireRequest;
  /** Of the scale set, agent or message. */
  readonly id: number;
  readonly session: string;
}

/** With a path, which a client must keep. */
const TENANT = '/tenant/123';
const SERVICE_URL = `https://actions.simulated${TENANT}/`;
const SETS = `${TENANT}/_apis/runtime/runnerscalesets`;
const GROUPS = `${TENANT}/_apis/runtime/runnergroups/`;
const AGENTS = `${TENANT}/_apis/distributedtask/pools/0/agents`;

const OF_SETS: Readonly<Record<string, Route>> = { GET: 'list-scale-sets', POST: 'create-scale-set' };
const OF_SET: Readonly<Record<string, Route>> = {
  GET: 'get-scale-set',
  PATCH: 'update-scale-set',
  DELETE: 'delete-scale-set',
};
const BELOW_SET: Readonly<Record<string, Route>> = {
  'POST sessions': 'create-session',
  'POST acquirejobs': 'acquire-jobs',
  'GET acquirablejobs': 'acquirable-jobs',
  'POST generatejitconfig': 'generate-jit-config',
};
const OF_SESSION: Readonly<Record<string, Route>> = { PATCH: 'refresh-session', DELETE: 'delete-session' };
const OF_AGENT: Readonly<Record<string, Route>> = { GET: 'get-agent', DELETE: 'delete-agent' };

export function routeOf(request: WireRequest): Routed {
  const { method, url } = request;
  const path = url.pathname;
  if (path === QUEUE_PATH) return method === 'GET' ? to(request, 'poll') : to(request, 'unknown');
  if (path.startsWith(`${QUEUE_PATH}/`)) {
    return to(request, method === 'DELETE' ? 'ack' : 'unknown', Number(path.slice(QUEUE_PATH.length + 1)));
  }
  if (path.startsWith(SETS)) return routeOfSets(request, path.slice(SETS.length));
  if (path.startsWith(`${AGENTS}/`)) {
    return to(request, OF_AGENT[method], Number(path.slice(AGENTS.length + 1)));
  }
  if (path === AGENTS && method === 'GET') return to(request, 'find-agent');
  if (path === GROUPS && method === 'GET') return to(request, 'runner-groups');
  const isRegistration = path.endsWith('/actions/runner-registration') && method === 'POST';
  return to(request, isRegistration ? 'runner-registration' : 'unknown');
}

function routeOfSets(request: WireRequest, rest: string): Routed {
  const { method } = request;
  const [, id = '', part, session] = rest.split('/');
  if (id === '') return to(request, OF_SETS[method]);
  if (part === undefined) return to(request, OF_SET[method], Number(id));
  if (session === undefined) return to(request, BELOW_SET[`${method} ${part}`], Number(id));
  return to(request, part === 'sessions' ? OF_SESSION[method] : undefined, Number(id), session);
}

function to(request: WireRequest, route: Route | undefined, id = 0, session = ''): Routed {
  return { route: route ?? 'unknown', request, id, session };
}

export function serve(state: State, routed: Routed): Answer | Waiting {
  const { route, request, id } = routed;
  const { authorization } = request.headers;
  switch (route) {
    case 'poll':
      if (!hasShard(request)) return lostShard();
      return poll(
        state,
        authorization,
        cursorOf(request.url.search),
        request.headers['x-scalesetmaxcapacity'],
      );
    case 'ack':
      return hasShard(request) ? acknowledge(state, authorization, id) : lostShard();
    case 'acquire-jobs':
      return acquire(state, authorization, bodyOf(request));
    case 'runner-registration':
      return register(state, request);
    default:
      return serveAdmin(state, routed);
  }
}

function serveAdmin(state: State, { route, request, id, session }: Routed): Answer {
  const scope = findToken(state, 'admin', request.headers.authorization)?.scope;
  if (scope === undefined) return notAllowed();
  const { url } = request;
  if (!url.search.includes('api-version=6.0-preview')) {
    return refusal(400, 'VssVersionNotSpecifiedException', 'No api-version was supplied.');
  }
  switch (route) {
    case 'runner-groups':
      return findGroups(state, url.searchParams.get('groupName'));
    case 'list-scale-sets':
      return findSets(state, scope, url.searchParams);
    case 'create-scale-set':
      return createSet(state, scope, Object(bodyOf(request)));
    case 'find-agent':
      return findAgents(state, scope, url.searchParams.get('agentName'));
    case 'get-agent':
      return getAgent(state, scope, id);
    case 'delete-agent':
      return deleteAgent(state, scope, id);
    default: {
      const set = state.sets.get(id);
      return set?.scope === scope ? serveSet(state, set, route, request, session) : noSuchSet(id);
    }
  }
}

function serveSet(state: State, set: ScaleSet, route: Route, request: WireRequest, session: string): Answer {
  switch (route) {
    case 'get-scale-set':
      return json(describeSet(state, set));
    case 'update-scale-set':
      return updateSet(state, set, Object(bodyOf(request)));
    case 'delete-scale-set':
      return deleteSet(state, set);
    case 'create-session':
      return createSession(state, set, Object(bodyOf(request)).ownerName);
    case 'refresh-session':
      return refreshSession(state, set, session);
    case 'delete-session':
      return deleteSession(state, set, session);
    case 'acquirable-jobs':
      return listOffers(state, set);
    case 'generate-jit-config':
      return mint(state, set, Object(bodyOf(request)).name);
    default:
      return refusal(404, 'PageNotFoundException', 'Page not found.');
  }
}

/** A registration token for the service's address and an admin token. */
function register(state: State, request: WireRequest): Answer {
  const token = findToken(state, 'registration', request.headers.authorization);
  if (!token || !request.headers.authorization?.startsWith('RemoteAuth ')) {
    return { status: 401, body: '{"message":"Bad credentials"}' };
  }
  return json({ url: SERVICE_URL, token: issueToken(state, 'admin', token.scope, null) });
}

/** The queue's address must be used as it was given. */
function hasShard({ url }: WireRequest): boolean {
  return url.search.startsWith(`?${SHARD}`);
}

function lostShard(): Answer {
  return refusal(400, 'ArgumentException', 'The queue URL was not used as given.');
}

function cursorOf(search: string): number {
  return Number(/[?&]lastMessageId=(\d+)/.exec(search)?.[1] ?? 0);
}

function bodyOf({ body }: WireRequest): unknown {
  return body === null ? null : JSON.parse(body);
}
