/**
 * What a command is: its arguments and options as people write them, one schema that checks and types them, examples,
 * and a function that ends in an exit code. `program.ts` puts it on the command line.
 */
import * as z from 'zod';
import { MacrunnerError } from '../core/error.ts';
import type { Context } from './context.ts';

export const EXIT = { ok: 0, failed: 1, usage: 2, unreachable: 3, unhealthy: 4, refused: 5 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

type Line = readonly [syntax: string, meaning: string];

interface Spec<Input extends z.ZodType> {
  /** In order; `<needed>`, `[optional]`. The name is the key in `input`. */
  readonly arguments?: readonly Line[];
  /** `-n, --lines <count>`; the long name in camelCase is the key in `input`. */
  readonly options?: readonly Line[];
  readonly examples: readonly Line[];
  readonly input: Input;
  run(input: z.output<Input>, context: Context): Promise<number>;
}

/** A command whose input is not yet checked, so that commands of different inputs are of one type. */
export interface Command extends Omit<Spec<z.ZodType>, 'input' | 'run'> {
  run(input: unknown, context: Context): Promise<number>;
}

/** Makes a command. Input that the schema refuses is a `usage` error in the schema's words. */
export function defineCommand<Input extends z.ZodType>(spec: Spec<Input>): Command {
  const { input: schema, run, ...rest } = spec;
  return {
    ...rest,
    run: (input, context) => {
      const checked = schema.safeParse(input);
      if (checked.success) return run(checked.data, context);
      const [issue] = checked.error.issues;
      const key = String(issue?.path[0] ?? '');
      const isArgument = spec.arguments?.some(([syntax]) => syntax.includes(key));
      const where = isArgument
        ? `<${key}>`
        : `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
      throw new MacrunnerError('usage', `${where}: ${issue?.message ?? 'not understood'}`);
    },
  };
}

/** `--name`, absent or present. */
export const flag = z.boolean().default(false);

/** A whole number from 0, as written on a command line. */
export const count = z
  .string()
  .regex(/^\d{1,15}$/, 'give a whole number')
  .transform(Number);

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A length of time as people write it: `90` (seconds), `90s`, `30m`, `2h`, `1d`. In milliseconds. */
export const duration = z
  .string()
  .regex(/^\d{1,9}[smhd]?$/, 'give a length of time such as 90s, 30m or 2h')
  .transform((text) => Number.parseInt(text, 10) * (UNIT_MS[text.at(-1) ?? 's'] ?? 1_000));

export const JSON_OPTION: Line = ['--json', 'one line of JSON for programs'];
