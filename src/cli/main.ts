/**
 * The `macrunner` program. Checks that this Node can run it before anything else is loaded: the rest needs parts of
 * Node that an older one lacks, and would end in a stack trace instead of a sentence.
 */
import { unfitRuntime } from './runtime.ts';

const unfit = unfitRuntime(process.versions.node);
if (unfit === null) {
  const { main } = await import('./program.ts');
  process.exitCode = await main(process);
} else {
  process.stderr.write(unfit);
  process.exitCode = 1;
}
