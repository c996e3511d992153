/** What the listener hands to the worker, in one line on its standard input. */
import type { Job } from './broker.ts';

export interface Order {
  readonly job: Job;
  readonly runServiceUrl: string;
  readonly token: string;
  readonly root: string;
  readonly runnerName: string;
}
