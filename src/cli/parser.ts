/** The command line: finds the command that the words name, loads it, and hands it its input. Over commander. */
import { CommanderError, Command as Parser } from 'commander';
import { MacrunnerError } from '../core/error.ts';
import { CATALOG, type Entry, GROUPS } from './catalog.ts';
import { type Command, EXIT } from './command.ts';
import type { Context } from './context.ts';

const INTRODUCTION = 'Zero-trust macOS CI hosts for GitHub Actions: one fresh VM for every job.';

/**
 * Runs the command that `argv` names, to its exit code. Help is a success.
 *
 * @throws {@link MacrunnerError} `usage` when the words are not understood, and what the command throws
 */
export async function dispatch(argv: readonly string[], context: Context): Promise<number> {
  let exit: number = EXIT.ok;
  const root = build(context, async (command, input) => {
    exit = await command.run(input, context);
  });
  const words = rewrite(argv);
  if (words.length === 0) {
    root.outputHelp();
    return exit;
  }
  try {
    await root.parseAsync(words, { from: 'user' });
    return exit;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return EXIT.ok;
    if (error.code === 'commander.help') return EXIT.usage;
    throw usageError(error);
  }
}

type Run = (command: Command, input: unknown) => Promise<void>;

function build(context: Context, run: Run): Parser {
  const root = new Parser('macrunner')
    .description(INTRODUCTION)
    .option('-V, --version', 'print versions')
    .enablePositionalOptions()
    .helpCommand(false)
    .exitOverride()
    .configureHelp({ styleTitle: (title) => context.out.paint.strong(title) })
    .configureOutput({
      writeOut: (text) => context.out.write(text),
      writeErr: (text) => context.err.write(text),
      outputError: () => undefined,
    })
    .addHelpText('after', '\n`macrunner <command> --help` explains a command, with examples.');
  const entries = new Map<Parser, Entry>();
  const onChosen = async (_parent: Parser, chosen: Parser): Promise<void> => {
    const entry = entries.get(chosen);
    if (entry) attach(chosen, await entry.load(), run);
  };
  root.hook('preSubcommand', onChosen);
  const groups = new Map<string, Parser>();
  for (const entry of CATALOG) {
    const [first = '', second] = entry.words.split(' ');
    if (second === undefined) {
      entries.set(root.command(first).description(entry.summary), entry);
      continue;
    }
    const group =
      groups.get(first) ??
      root
        .command(first)
        .description(GROUPS[first] ?? '')
        .helpCommand(false);
    if (!groups.has(first)) groups.set(first, group.hook('preSubcommand', onChosen));
    entries.set(group.command(second).description(entry.summary), entry);
  }
  return root;
}

function attach(parser: Parser, command: Command, run: Run): void {
  for (const [syntax, meaning] of command.arguments ?? []) parser.argument(syntax, meaning);
  for (const [syntax, meaning] of command.options ?? []) parser.option(syntax, meaning);
  const examples = command.examples.flatMap(([words, meaning]) => [
    `  $ macrunner ${words}`,
    `      ${meaning}`,
  ]);
  parser.addHelpText('after', ['', 'Examples:', ...examples].join('\n'));
  parser.action(async () => {
    const values = parser.registeredArguments.map((argument, at) => [
      argument.name(),
      parser.processedArgs[at],
    ]);
    await run(command, { ...parser.opts(), ...Object.fromEntries(values) });
  });
}

/** `help X` and `--version` are other ways to say what there is already. */
function rewrite(argv: readonly string[]): readonly string[] {
  const [first, ...rest] = argv;
  if (first === 'help') return [...rest, '--help'];
  return first === '--version' || first === '-V' ? ['version', ...rest] : argv;
}

/** Commander says `error: unknown command 'stauts'` and, on a second line, `(Did you mean status?)`. */
function usageError(error: CommanderError): MacrunnerError {
  const [what = '', guess] = error.message.split('\n');
  const hint = guess?.replace(/^\(Did you mean (.+)\?\)$/, 'did you mean `$1`?');
  return new MacrunnerError('usage', what.replace(/^error: /, ''), hint === undefined ? {} : { hint });
}
