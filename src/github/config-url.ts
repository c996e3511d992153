/**
 * Reads the address that a user configures (`https://github.com/acme`): which organisation, repository or enterprise it
 * names and where its API is. The rules are those of GitHub's own client (actions/scaleset: config.go).
 */
import { MacrunnerError } from '../core/error.ts';

export type Scope =
  | { readonly kind: 'organization'; readonly org: string }
  | { readonly kind: 'repository'; readonly owner: string; readonly repo: string }
  | { readonly kind: 'enterprise'; readonly enterprise: string };

export interface ConfigUrl {
  /** The address itself without a trailing slash, as GitHub wants it back. */
  readonly url: string;
  readonly scope: Scope;
  /** Base of the REST API, without a trailing slash. */
  readonly api: string;
}

const HINT =
  'github.url must look like https://github.com/ORG, https://github.com/OWNER/REPOSITORY or https://github.com/enterprises/SLUG';

/** @throws `config-invalid` with a hint */
export function parseConfigUrl(text: string): ConfigUrl {
  const url = URL.parse(text);
  if (!url) throw invalid('github.url is not a URL');
  if (url.username || url.password) throw invalid('github.url must not contain a user name or password');
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw invalid(`github.url must start with https://, not ${url.protocol}`);
  }
  if (url.search || url.hash) throw invalid('github.url must have neither a query nor a fragment');
  const hosted = isHosted(url.host);
  if (hosted && url.protocol === 'http:' && url.host !== 'github.localhost') {
    throw invalid(`github.url must use https for ${url.host}`);
  }
  const path = url.pathname.split('/').filter((segment) => segment !== '');
  return { url: `${url.origin}/${path.join('/')}`, scope: scopeOf(path), api: apiOf(url, hosted) };
}

/** Where the scope's routes are in the REST API, with a leading slash. */
export function prefixOf(scope: Scope): string {
  switch (scope.kind) {
    case 'organization':
      return `/orgs/${scope.org}`;
    case 'repository':
      return `/repos/${scope.owner}/${scope.repo}`;
    case 'enterprise':
      return `/enterprises/${scope.enterprise}`;
  }
}

function scopeOf(path: readonly string[]): Scope {
  const [first, second, ...rest] = path;
  if (!first) throw invalid('github.url names neither an organisation nor a repository');
  if (rest.length > 0) throw invalid('github.url has more parts than an owner and a repository');
  if (!second) return { kind: 'organization', org: first };
  if (first.toLowerCase() === 'enterprises') return { kind: 'enterprise', enterprise: second };
  if (second.endsWith('.git')) throw invalid(`github.url must name the repository without ".git": ${second}`);
  return { kind: 'repository', owner: first, repo: second };
}

/** A host with a port is never hosted: anything on loopback is served like a GitHub Enterprise Server. */
function isHosted(host: string): boolean {
  return ['github.com', 'www.github.com', 'github.localhost'].includes(host) || host.endsWith('.ghe.com');
}

function apiOf(url: URL, hosted: boolean): string {
  if (!hosted) return `${url.origin}/api/v3`;
  return `${url.protocol}//api.${url.host.replace(/^www\./, '')}`;
}

function invalid(message: string): MacrunnerError {
  return new MacrunnerError('config-invalid', message, { hint: HINT });
}
