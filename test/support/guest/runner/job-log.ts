/**
 * The live console of a job: its lines, in batches over a WebSocket (actions/runner: src/Runner.Common/ResultsServer.cs).
 * A log that cannot be sent never harms the job. The logs that the real runner uploads when a step ends are left out.
 */
import type { Job } from './job-message.ts';
import { openWebSocket, type WebSocketWriter } from './web-socket.ts';

const BATCH_MS = 100;

export class JobLog {
  readonly #socket: Promise<WebSocketWriter | null>;
  #stepId = '';
  #lines: string[] = [];
  #sent = 0;
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> = Promise.resolve();

  constructor(job: Job) {
    this.#stepId = job.jobId;
    this.#socket = openWebSocket(job.feedUrl, job.token).catch((error: unknown) => {
      process.stderr.write(`log not sent: ${String(error)}\n`);
      return null;
    });
  }

  readonly line = (line: string): void => {
    this.#lines.push(line);
    this.#timer ??= setTimeout(() => this.#send(), BATCH_MS);
  };

  /** Lines from here on belong to another step. */
  enter(stepId: string): void {
    this.#send();
    this.#stepId = stepId;
    this.#sent = 0;
  }

  async close(): Promise<void> {
    this.#send();
    await this.#sending;
    await (await this.#socket)?.close();
  }

  #send(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const value = this.#lines.splice(0);
    if (value.length === 0) return;
    const text = JSON.stringify({
      count: value.length,
      value,
      stepId: this.#stepId,
      startLine: this.#sent + 1,
    });
    this.#sent += value.length;
    this.#sending = this.#sending.then(async () => (await this.#socket)?.send(text));
  }
}
