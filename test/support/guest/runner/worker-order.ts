/** What the listener hands to the worker, in one line on its standard input. */
import type { Job } from './job-message.ts';

export interface Order {
  readonly job: Job;
  readonly root: string;
  readonly runnerName: string;
}
