/** Builds the program once for all end-to-end tests. */
import { buildProgram } from './stage.ts';

export const setup = buildProgram;
