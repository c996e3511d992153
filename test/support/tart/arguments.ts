/** Command lines as swift-argument-parser takes them: options anywhere, `--option value` or `--option=value`. */
import { invalid } from './failure.ts';

export interface Shape {
  readonly command: string;
  /** Options without a value. */
  readonly flags?: readonly string[];
  /** Options with one. */
  readonly options?: readonly string[];
  /** Names of the positional arguments that must be there. */
  readonly positionals?: readonly string[];
  /** More positional arguments than those are taken. */
  readonly isVariadic?: boolean;
  /** After the first positional argument nothing is an option any more. */
  readonly isVerbatim?: boolean;
}

export interface Arguments {
  has(flag: string): boolean;
  value(option: string): string | undefined;
  readonly positionals: readonly string[];
}

export function parseArguments(shape: Shape, argv: readonly string[]): Arguments {
  const { command, flags = [], options = [], positionals: wanted = [] } = shape;
  const given = new Map<string, string>();
  const positionals: string[] = [];
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at] ?? '';
    const isOption = word.startsWith('-') && word !== '-' && !(shape.isVerbatim && positionals.length > 0);
    if (!isOption) {
      positionals.push(word);
      continue;
    }
    const [name = word, inline] = word.startsWith('--') ? word.split(/=(.*)/s, 2) : [word];
    if (flags.includes(name)) given.set(name, '');
    else if (!options.includes(name)) throw invalid(command, `Unknown option '${name}'`);
    else if (inline !== undefined) given.set(name, inline);
    else {
      at += 1;
      const value = argv[at];
      if (value === undefined) throw invalid(command, `Missing value for '${name} <value>'`);
      given.set(name, value);
    }
  }
  checkPositionals(shape, wanted, positionals);
  return { has: (flag) => given.has(flag), value: (option) => given.get(option), positionals };
}

function checkPositionals(shape: Shape, wanted: readonly string[], found: readonly string[]): void {
  const missing = wanted[found.length];
  if (missing !== undefined) throw invalid(shape.command, `Missing expected argument '<${missing}>'`);
  if (shape.isVariadic || found.length <= wanted.length) return;
  const extra = found.slice(wanted.length).map((word) => `'${word}'`);
  throw invalid(shape.command, `${extra.length} unexpected arguments: ${extra.join(', ')}`);
}
