/** Says what is wrong with a configuration: where, with which value, from which layer, and what is allowed instead. */
import type * as z from 'zod';
import { nearest } from '../lib/nearest.ts';
import { isSecretField, REDACTED, Redactor } from '../lib/redact.ts';
import type { Merged, Origin } from './layers.ts';
import { allowedIn, keysOf, type Shape, shapeAt } from './shape.ts';
import { isTree, leavesOf, type Path, pathText, valueAt } from './tree.ts';

type Issue = z.core.$ZodIssue;

const FROM: Record<Origin, string> = {
  default: 'by default',
  file: 'in the file',
  managed: 'in the managed preferences',
  environment: 'in the environment',
};

const LONGEST = 80;

/** One line for every problem. */
export function describeProblems(issues: readonly Issue[], merged: Merged, shape: Shape): readonly string[] {
  return issues.flatMap((issue) => {
    const path = issue.path.map((key) => (typeof key === 'number' ? key : String(key)));
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => unknownKey([...path, key], merged, shape));
    const value = valueAt(merged.value, path);
    if (value === undefined) return [`${pathText(path)} is missing: ${allowedAt(path, issue, shape)}`];
    if (issue.code === 'invalid_key')
      return [`${pathText(path)}: its name must be ${issue.issues[0]?.message ?? 'another'}`];
    const shown = isTree(value) ? '' : ` = ${show(path, value)}`;
    return [`${pathText(path)}${shown}${origin(path, merged)}: must be ${allowedAt(path, issue, shape)}`];
  });
}

function unknownKey(path: Path, merged: Merged, shape: Shape): string {
  const keys = keysOf(shapeAt(shape, path.slice(0, -1)));
  const meant = nearest(String(path.at(-1)), keys);
  const advice = meant === null ? `there is ${keys.join(', ')}` : `did you mean ${JSON.stringify(meant)}?`;
  return `${pathText(path)}${origin(path, merged)}: there is no such setting; ${advice}`;
}

/** The schema's own words where it has some, else those of the type. */
function allowedAt(path: Path, issue: Issue, shape: Shape): string {
  const here = shapeAt(shape, path);
  if (issue.code === 'custom' || issue.code === 'invalid_format') return issue.message;
  if (issue.code === 'too_small' && here?.type === 'array') return `a list of at least ${issue.minimum}`;
  if (issue.code === 'too_big' && here?.type === 'array') return `a list of at most ${issue.maximum}`;
  if (issue.code === 'too_big' && here?.type === 'string')
    return `a text of at most ${issue.maximum} characters`;
  if (issue.code === 'too_small' && here?.type === 'string') return 'a text that is not empty';
  return here ? allowedIn(here) : issue.message;
}

/** Where the first leaf at or below `path` came from. */
function origin(path: Path, { value, origins }: Merged): string {
  const leaf = leavesOf(valueAt(value, path), path)[0];
  const from = origins.get(pathText(leaf?.path ?? path));
  return from === undefined ? '' : ` (${FROM[from]})`;
}

function show(path: Path, value: unknown): string {
  const key = String(path.at(-1));
  if (typeof value === 'string' && isSecretField(key)) return REDACTED;
  const text = new Redactor().text(JSON.stringify(value) ?? String(value));
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
