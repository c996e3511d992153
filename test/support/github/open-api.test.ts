/** What the descriptions find wrong: they judge the interoperability suites, so they must not let everything pass. */
import { expect, test } from 'vitest';
import { loadOpenApi } from './open-api.ts';

const api = loadOpenApi();
const RUNNERS = '/orgs/{org}/actions/runners';
const JIT = `${RUNNERS}/generate-jitconfig`;

function ask(method: string, path: string, more: { query?: string; body?: unknown } = {}) {
  const template = api.templateOf(method, path) ?? '';
  return api.requestFaults(method, template, {
    path,
    query: new URLSearchParams(more.query ?? ''),
    body: more.body,
  });
}

test('a path is known by its words before its parameters, and only under its method', () => {
  expect(api.templateOf('GET', '/orgs/acme/actions/runners/downloads')).toBe(`${RUNNERS}/downloads`);
  expect(api.templateOf('GET', '/orgs/acme/actions/runners/7')).toBe(`${RUNNERS}/{runner_id}`);
  expect(api.templateOf('PATCH', '/orgs/acme/actions/runners/7')).toBeNull();
  expect(api.templateOf('GET', '/orgs//actions/runners')).toBeNull();
});

test('parameters of the wrong kind or of no use are found', () => {
  expect(ask('GET', '/orgs/acme/actions/runners', { query: 'per_page=100&page=2' })).toEqual([]);
  expect(ask('GET', '/orgs/acme/actions/runners', { query: 'per_page=many' })).toEqual([
    'per_page: /value must be integer',
  ]);
  expect(ask('GET', '/orgs/acme/actions/runners', { query: 'label=x' })).toEqual([
    `label is no parameter of ${RUNNERS}`,
  ]);
  expect(ask('GET', '/orgs/acme/actions/runners/seven')).toEqual(['runner_id: /value must be integer']);
});

test('bodies that lack a field, have one too many, or should not be there are found', () => {
  const body = { name: 'a', runner_group_id: 1, labels: ['macOS'] };
  const path = '/orgs/acme/actions/runners/generate-jitconfig';
  expect(ask('POST', path, { body })).toEqual([]);
  expect(ask('POST', path, { body: { name: 'a', runner_group_id: 1 } })).toEqual([
    "must have required property 'labels'",
  ]);
  expect(ask('POST', path, { body: { ...body, group: 1 } })).toEqual(["the body's group is not described"]);
  expect(ask('POST', path)).toEqual(['the body is missing']);
  expect(ask('POST', '/orgs/acme/actions/runners/registration-token', { body: {} })).toEqual([
    'a body where none is described',
  ]);
});

test('answers are held against their status, and fields that nobody described are named', () => {
  const runner = { id: 1, name: 'a', os: 'macOS', status: 'online', busy: false, labels: [] };
  const list = { total_count: 1, runners: [runner] };
  expect(api.faults('GET', RUNNERS, 200, list)).toEqual([]);
  expect(api.faults('GET', RUNNERS, 200, { total_count: 1 })).toEqual([
    "must have required property 'runners'",
  ]);
  expect(
    api.undescribedFields('GET', RUNNERS, 200, { ...list, runners: [{ ...runner, colour: 'red' }] }),
  ).toEqual(['runners[].colour']);
  expect(api.describes('POST', JIT, 409)).toBe(true);
  expect(api.describes('POST', JIT, 401)).toBe(false);
  expect(api.refusalFaults({ message: 7 })).toEqual(['/message must be string']);
  expect(() => api.faults('POST', JIT, 401, {})).toThrow('401 is not described');
});
