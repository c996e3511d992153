/** The driver's client of tart as a process that answers calls, with the tart double as the `tart` in its PATH. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import * as z from 'zod';
import { parseJson } from '../../../src/lib/parse-json.ts';
import { installTartDouble, type TartDouble } from '../../support/tart/install.ts';
import { pythonProgram } from './environment.ts';

const SERVER = new URL('python/serve.py', import.meta.url).pathname;

/** One of three: what the client returned, the exit code of a tart that failed, or the name of another error. */
const answerSchema = z.union([
  z.strictObject({ result: z.unknown() }),
  z.strictObject({ exitCode: z.number() }),
  z.strictObject({ error: z.string() }),
]);
type Answer = z.output<typeof answerSchema>;

export class DriverRig implements AsyncDisposable {
  readonly double: TartDouble;
  readonly directory: string;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #answers: AsyncIterator<string>;
  readonly #lines: Interface;
  #words = '';

  constructor(directory: string) {
    this.directory = directory;
    this.double = installTartDouble(directory, { timeScale: 0.02, allowsHostAccess: true });
    mkdirSync(join(directory, 'bin'));
    symlinkSync(this.double.path, join(directory, 'bin/tart'));
    const env = {
      PATH: `${join(directory, 'bin')}:/usr/bin:/bin`,
      TART_HOME: this.double.home,
      CUSTOM_ENV_TART_REGISTRY_USERNAME: 'ci',
      CUSTOM_ENV_TART_REGISTRY_PASSWORD: 'secret',
    };
    this.#child = spawn(pythonProgram(), [SERVER], { env, cwd: directory, stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#words += text;
    });
    this.#lines = createInterface({ input: this.#child.stdout });
    this.#answers = this.#lines[Symbol.asyncIterator]();
  }

  /** Calls a method of the client. */
  async call(method: string, ...args: readonly unknown[]): Promise<Answer> {
    this.#child.stdin.write(`${JSON.stringify([method, ...args])}\n`);
    const { value, done } = await this.#answers.next();
    if (done) throw new Error(`the client ended: ${this.#words}`);
    return parseJson(answerSchema, value);
  }

  /** What tart and the client said on standard error so far. */
  words(): string {
    return this.#words;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.double.killAll();
    this.#child.kill('SIGKILL');
    this.#lines.close();
  }
}
