/** A simulated GitHub for the length of one test, with short polls unless told otherwise. */
import { onTestFinished } from 'vitest';
import type { Options } from './options.ts';
import { type SimulatedGitHub, startGitHub } from './start.ts';

export async function simulate(options: Options = {}): Promise<SimulatedGitHub> {
  const github = await startGitHub({ holdMs: 200, ...options });
  onTestFinished(() => github.close());
  return github;
}
