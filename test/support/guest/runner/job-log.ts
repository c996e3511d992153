/** The log of a job, posted in batches. A log that cannot be posted never harms the job. */
import { call } from './http.ts';

const BATCH_MS = 100;

export interface LogTarget {
  readonly job: { readonly jobId: string };
  readonly runServiceUrl: string;
  readonly token: string;
}

export class JobLog {
  readonly #target: LogTarget;
  #lines: string[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> = Promise.resolve();

  constructor(target: LogTarget) {
    this.#target = target;
  }

  readonly line = (line: string): void => {
    this.#lines.push(line);
    this.#timer ??= setTimeout(() => this.#send(), BATCH_MS);
  };

  async close(): Promise<void> {
    this.#send();
    await this.#sending;
  }

  #send(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const lines = this.#lines.splice(0);
    if (lines.length === 0) return;
    const { job, runServiceUrl, token } = this.#target;
    const post = () =>
      call({ method: 'POST', url: `${runServiceUrl}log`, token, body: { jobId: job.jobId, lines } });
    this.#sending = this.#sending.then(post).then(
      () => undefined,
      (error: unknown) => {
        process.stderr.write(`log not posted: ${String(error)}\n`);
      },
    );
  }
}
