/** Command lines as swift-argument-parser takes them: options anywhere, `--option value` or `--option=value`. */
import { invalid } from './failure.ts';

export interface Shape {
  readonly command: string;
  /** Options without a value. */
  readonly flags?: readonly string[];
  /** Options with one. */
  readonly options?: readonly string[];
  /** Options whose value is a whole number, not negative. */
  readonly numbers?: readonly string[];
  /** Options whose value is one of a few. */
  readonly choices?: Readonly<Record<string, readonly string[]>>;
  /** Names of the positional arguments that must be there. */
  readonly positionals?: readonly string[];
  /** Names of those that may follow them. */
  readonly optionals?: readonly string[];
  /** More positional arguments than those are taken. */
  readonly isVariadic?: boolean;
  /** After the first positional argument nothing is an option any more. */
  readonly isVerbatim?: boolean;
}

export interface Arguments {
  has(flag: string): boolean;
  /** The last one given. */
  value(option: string): string | undefined;
  values(option: string): readonly string[];
  number(option: string): number | undefined;
  readonly positionals: readonly string[];
}

export function parseArguments(shape: Shape, argv: readonly string[]): Arguments {
  const given = new Map<string, string[]>();
  const positionals: string[] = [];
  const words = argv.values();
  for (const word of words) {
    const isOption = word.startsWith('-') && word !== '-' && !(shape.isVerbatim && positionals.length > 0);
    if (!isOption) positionals.push(word);
    else {
      const [name, value] = takeOption(shape, word, words);
      given.set(name, [...(given.get(name) ?? []), value]);
    }
  }
  checkPositionals(shape, positionals);
  const value = (option: string) => given.get(option)?.at(-1);
  return {
    has: (flag) => given.has(flag),
    value,
    values: (option) => given.get(option) ?? [],
    number: (option) => (given.has(option) ? Number(value(option)) : undefined),
    positionals,
  };
}

/** The value is part of the word or the next one of `rest`; a flag has none. */
function takeOption(shape: Shape, word: string, rest: Iterator<string>): readonly [string, string] {
  const [name = word, inline] = word.startsWith('--') ? word.split(/=(.*)/s, 2) : [word];
  if (shape.flags?.includes(name)) return [name, ''];
  const valued = [shape.options, shape.numbers, Object.keys(shape.choices ?? {})];
  if (!valued.some((names) => names?.includes(name))) {
    throw invalid(shape.command, `Unknown option '${name}'`);
  }
  const value = inline ?? rest.next().value;
  if (typeof value !== 'string') {
    throw invalid(shape.command, `Missing value for '${name} ${slotOf(name)}'`);
  }
  checkValue(shape, name, value);
  return [name, value];
}

function slotOf(name: string): string {
  return `<${name.replace(/^-+/, '')}>`;
}

function checkValue(shape: Shape, name: string, value: string): void {
  const choices = shape.choices?.[name];
  const isFine = choices === undefined || choices.includes(value);
  if (isFine && (!shape.numbers?.includes(name) || /^\d+$/.test(value))) return;
  const help = choices === undefined ? '' : `. Please provide one of ${listOf(choices)}.`;
  throw invalid(shape.command, `The value '${value}' is invalid for '${name} ${slotOf(name)}'${help}`);
}

function listOf(choices: readonly string[]): string {
  const quoted = choices.map((choice) => `'${choice}'`);
  return quoted.length < 3
    ? quoted.join(' or ')
    : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1) ?? ''}`;
}

function checkPositionals(shape: Shape, found: readonly string[]): void {
  const { positionals = [], optionals = [] } = shape;
  const missing = positionals[found.length];
  if (missing !== undefined) throw invalid(shape.command, `Missing expected argument '<${missing}>'`);
  const most = positionals.length + optionals.length;
  if (shape.isVariadic || found.length <= most) return;
  const extra = found.slice(most).map((word) => `'${word}'`);
  const words = extra.length === 1 ? 'Unexpected argument' : `${extra.length} unexpected arguments:`;
  throw invalid(shape.command, `${words} ${extra.join(', ')}`);
}
