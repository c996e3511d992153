/**
 * A stage: a simulated GitHub, a simulated Tart, and a home directory in which the real, built agent runs as a process of
 * its own. The demo, the end-to-end tests and the benchmark all play on it.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { type EventLine, eventLine, type StatusReport, statusReport } from '../../src/daemon/report.ts';
import { requestJson, streamLines } from '../../src/lib/unix-http.ts';
import type { Options as GitHubOptions } from '../support/github/options.ts';
import { type SimulatedGitHub, startGitHub } from '../support/github/start.ts';
import { buildGuestImage, type GuestImageOptions } from '../support/guest/build-image.ts';
import { installTartDouble, type TartDouble } from '../support/tart/install.ts';
import type { Settings as TartSettings } from '../support/tart/settings.ts';
import { until } from '../support/until.ts';
import { familyOf } from '../support/watch/processes.ts';

const PROJECT = resolve(import.meta.dirname, '../..');
const PROGRAM = join(PROJECT, 'dist/macrunner.mjs');

export interface StagePool {
  readonly name: string;
  readonly labels: readonly string[];
  readonly image: string;
  readonly [setting: string]: unknown;
}

export interface StageOptions {
  readonly slots?: number;
  readonly pools: readonly StagePool[];
  readonly github?: GitHubOptions;
  readonly tart?: Partial<TartSettings>;
  readonly guest?: GuestImageOptions;
  readonly deadlines?: Readonly<Record<string, number>>;
}

type Json = Record<string, unknown>;

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class Stage {
  readonly home: string;
  readonly github: SimulatedGitHub;
  readonly tart: TartDouble;
  readonly privateKey: string;
  #agent: ChildProcess | null = null;
  #isKept = false;

  constructor(home: string, github: SimulatedGitHub, tart: TartDouble, privateKey: string) {
    this.home = home;
    this.github = github;
    this.tart = tart;
    this.privateKey = privateKey;
  }

  get agentPid(): number {
    return this.#agent?.pid ?? 0;
  }

  get isAgentAlive(): boolean {
    return this.#agent !== null && this.#agent.exitCode === null && this.#agent.signalCode === null;
  }

  /** Null while it lives, and when a signal ended it. */
  get agentExitCode(): number | null {
    return this.#agent?.exitCode ?? null;
  }

  /** Every secret of the run so far: those GitHub issued, and the App's key. */
  secrets(): readonly string[] {
    const keyLines = this.privateKey.split('\n').filter((line) => !line.startsWith('-----'));
    return [...this.github.secrets().flatMap((secret) => secret.split('\n')), ...keyLines];
  }

  /** Starts the agent, from another bundle if one is given, and waits until its control socket answers. */
  async startAgent(program = PROGRAM): Promise<void> {
    const serving = this.spawnAgent(program);
    await serving();
  }

  /** Starts the agent without waiting; what it returns waits until the control socket answers. */
  spawnAgent(program = PROGRAM): () => Promise<void> {
    const agent = spawn(process.execPath, [program, 'serve', 'agent'], {
      env: this.#env(),
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true, // A Ctrl-C is for us; we end the agent ourselves.
    });
    this.#agent = agent;
    let said = '';
    agent.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    const isServing = async (): Promise<boolean> => {
      if (agent.exitCode !== null) throw new Error(`the agent ended with ${agent.exitCode}: ${said}`);
      return (await this.status()).pid === agent.pid;
    };
    return () => until(isServing, 90_000);
  }

  /** Ends the agent and returns how long that took, in milliseconds. */
  async stopAgent(signal: NodeJS.Signals = 'SIGTERM'): Promise<number> {
    const agent = this.#agent;
    if (!agent || !this.isAgentAlive) return 0;
    const began = performance.now();
    agent.kill(signal);
    await once(agent, 'exit');
    return performance.now() - began;
  }

  async status(): Promise<StatusReport> {
    const asked = { ...this.#socket(), method: 'GET', path: '/v1/status' } as const;
    return statusReport.parse((await requestJson(asked)).body);
  }

  /** The audit stream after number `after`, oldest first; what was read before it broke off is given to `onEvent`. */
  async events(after: number, onEvent: (event: EventLine) => void): Promise<void> {
    const onLine = (line: string): void => onEvent(eventLine.parse(JSON.parse(line)));
    await streamLines({ ...this.#socket(), path: `/v1/events?after=${after}`, onLine });
  }

  #socket() {
    const socketPath = join(this.home, 'run/agent.sock');
    return { socketPath, timeoutMs: 60_000, signal: AbortSignal.timeout(60_000) };
  }

  /** Runs the built `macrunner` against this home, and returns its standard output. */
  async cli(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(...args);
    if (code !== 0) throw new Error(`macrunner ${args.join(' ')} ended with ${code}: ${stderr}`);
    return stdout;
  }

  /** The same, whatever it ends with. */
  async run(...args: readonly string[]): Promise<Ended> {
    const options = { env: this.#env(), timeout: 180_000 };
    return new Promise((resolve) => {
      const child = execFile(process.execPath, [PROGRAM, ...args], options, (_error, stdout, stderr) =>
        resolve({ code: child.exitCode, stdout, stderr }),
      );
    });
  }

  /** Changes the configuration's file; whether the agent is told is the caller's affair. */
  configure(change: (config: Json) => Json): void {
    const file = join(this.home, 'config.json');
    writeFileSync(file, JSON.stringify(change(JSON.parse(readFileSync(file, 'utf8')))));
  }

  #env(): NodeJS.ProcessEnv {
    return { PATH: process.env.PATH, HOME: process.env.HOME, MACRUNNER_HOME: this.home, NO_COLOR: '1' };
  }

  /** The home stays when the stage is left: somebody will want to look into it. */
  keep(): void {
    this.#isKept = true;
  }

  /** Ends everything and removes the home. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopAgent('SIGKILL');
    await this.tart.killAll();
    await this.github.close();
    // What the agent had started ends by itself, and writes into the home until then.
    await until(() => familyOf(0, this.home).length === 0);
    if (!this.#isKept) rmSync(this.home, { recursive: true, force: true });
  }
}

/** Builds the program as it ships. */
export async function buildProgram(): Promise<void> {
  await build();
}

/** Builds the program as another version of itself. */
export async function buildVersion(version: string, file: string): Promise<void> {
  await build('--as', version, '--out', file);
}

async function build(...args: readonly string[]): Promise<void> {
  await promisify(execFile)(process.execPath, [join(PROJECT, '.ci/build.ts'), ...args], { timeout: 300_000 });
}

/** Lays everything out; the agent is not started. */
export async function openStage(options: StageOptions): Promise<Stage> {
  const home = mkdtempSync('/tmp/mr-'); // Short: a Unix socket's path has about 104 bytes, Tart's home has 60 with us.
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const app = { issuers: ['Iv23demo'], installationId: 4242, publicKeyPem: publicKey };
  const github = await startGitHub({ ...options.github, app });
  const tart = installTartDouble(join(home, 't'), { agentWaitMs: 30_000, ...options.tart });
  const rootfs = join(home, 'image');
  buildGuestImage(rootfs, options.guest);
  for (const image of new Set(options.pools.map((pool) => pool.image))) tart.addImage(image, { rootfs });
  rmSync(rootfs, { recursive: true });
  mkdirSync(join(home, 'secrets'), { mode: 0o700 });
  writeFileSync(join(home, 'secrets/app.pem'), privateKey, { mode: 0o600 });
  writeConfig(home, github.url, tart, options);
  return new Stage(home, github, tart, privateKey);
}

function writeConfig(home: string, url: string, tart: TartDouble, options: StageOptions): void {
  const config = {
    github: { url, app: { clientId: 'Iv23demo', installationId: 4242, privateKey: 'file:app.pem' } },
    host: { slots: options.slots ?? 2, tart: tart.path, tartHome: tart.home, diskFloorGiB: 1 },
    pools: options.pools,
    ...(options.deadlines ? { deadlines: options.deadlines } : {}),
  };
  writeFileSync(join(home, 'config.json'), JSON.stringify(config, null, 2), { mode: 0o640 });
}
