/** All mutants. */

import type { Mutant } from './mutant.ts';
import { CORE_MUTANTS } from './of-core.ts';
import { DAEMON_MUTANTS } from './of-daemon.ts';
import { GITHUB_MUTANTS } from './of-github.ts';

export const MUTANTS: readonly Mutant[] = [...GITHUB_MUTANTS, ...CORE_MUTANTS, ...DAEMON_MUTANTS];
