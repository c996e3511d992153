/**
 * Turns recorded REST exchanges into checks: one per description, operation and status for the answers, one per
 * operation for the fields, and one per operation for what our own client asked.
 */
import type { OpenApi } from '../support/github/open-api.ts';
import type { Exchange } from './recorder.ts';
import type { Check } from './suite.ts';

export interface Judge {
  /** Of the product that is described. */
  readonly name: string;
  readonly api: OpenApi;
}

/** Where the description is known to be wrong: GitHub answers null for a deleted fork (github/rest-api-description: issue 1586). */
const INACCURACIES: ReadonlySet<string> = new Set([
  'GET /repos/{owner}/{repo}/actions/runs/{run_id}: /head_repository must be object',
  'GET /repos/{owner}/{repo}/actions/runs: /workflow_runs/N/head_repository must be object',
]);

interface Described {
  readonly exchange: Exchange;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly template: string;
  readonly operation: string;
}

export function checksOf(judge: Judge, exchanges: readonly Exchange[]): readonly Check[] {
  const described = exchanges.flatMap((exchange) => describe(judge.api, exchange));
  return [
    ...answerChecks(judge, described),
    ...fieldChecks(judge, described),
    ...requestChecks(judge, described),
  ];
}

/** Path and query without the prefix of an Enterprise Server. */
export function addressOf({ url }: Exchange): { readonly path: string; readonly query: URLSearchParams } {
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  return { path: pathname.replace(/^\/api\/v3(?=\/)/, ''), query: searchParams };
}

function describe(api: OpenApi, exchange: Exchange): readonly Described[] {
  const { path, query } = addressOf(exchange);
  const template = api.templateOf(exchange.method, path);
  if (template === null) return [];
  return [{ exchange, path, query, template, operation: `${exchange.method} ${template}` }];
}

function answerChecks({ name, api }: Judge, described: readonly Described[]): readonly Check[] {
  const groups = Map.groupBy(described, ({ operation, exchange }) => `${operation} → ${exchange.status}`);
  return [...groups].map(([title, members]) => ({
    name: `${name}: ${title}`,
    run: async () => complain(members.flatMap((member) => answerFaults(api, member))),
  }));
}

function answerFaults(api: OpenApi, { exchange, template, operation }: Described): readonly string[] {
  const { method, status, contentType, body } = exchange;
  const value: unknown = body === '' ? undefined : JSON.parse(body);
  const isJson = body === '' || contentType.startsWith('application/json');
  const faults = api.describes(method, template, status)
    ? api.faults(method, template, status, value)
    : undescribedStatusFaults(api, status, value);
  const known = (fault: string): string => `${operation}: ${fault.replace(/\/\d+(?=\/)/, '/N')}`;
  const real = faults.filter((fault) => !INACCURACIES.has(known(fault)));
  return isJson ? real : [...real, `content type ${contentType}`];
}

/** Descriptions leave out most refusals, which then have the form that all of GitHub's refusals have. */
function undescribedStatusFaults(api: OpenApi, status: number, body: unknown): readonly string[] {
  return status >= 400 ? api.refusalFaults(body) : [`${status} is not described`];
}

function fieldChecks({ name, api }: Judge, described: readonly Described[]): readonly Check[] {
  const fine = described.filter(
    ({ exchange, template }) =>
      exchange.status < 300 && api.describes(exchange.method, template, exchange.status),
  );
  return [...Map.groupBy(fine, ({ operation }) => operation)].map(([operation, members]) => ({
    name: `${name}: ${operation} answers with no field that is not described`,
    run: async () => complain(members.flatMap((member) => extraFields(api, member))),
  }));
}

function extraFields(api: OpenApi, { exchange, template }: Described): readonly string[] {
  const { method, status, body } = exchange;
  return body === '' ? [] : api.undescribedFields(method, template, status, JSON.parse(body));
}

/** Our client is known by its name; everybody else's requests are not ours to judge. */
function isOurs({ userAgent }: Exchange): boolean {
  return userAgent.startsWith('macrunner/');
}

function requestChecks({ name, api }: Judge, described: readonly Described[]): readonly Check[] {
  const ours = described.filter(({ exchange }) => isOurs(exchange));
  return [...Map.groupBy(ours, ({ operation }) => operation)].map(([operation, members]) => ({
    name: `${name}: our client asks ${operation} as described`,
    run: async () => complain(members.flatMap((member) => askedFaults(api, member))),
  }));
}

function askedFaults(api: OpenApi, { exchange, template, path, query }: Described): readonly string[] {
  const { method, requestBody } = exchange;
  const body: unknown = requestBody === '' ? undefined : JSON.parse(requestBody);
  return api.requestFaults(method, template, { path, query, body });
}

function complain(faults: readonly string[]): void {
  if (faults.length > 0) throw new Error([...new Set(faults)].join('; '));
}
