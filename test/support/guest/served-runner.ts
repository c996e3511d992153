/** A runner double that serves the simulated GitHub, started in a sandbox as run-runner starts it. */
import { writeFileSync } from 'node:fs';
import { type SimulatedGitHub, startGitHub } from '../github/start.ts';
import { until } from '../until.ts';
import { type Running, Sandbox, type SandboxOptions } from './sandbox.ts';

const PAT = 'ghp_simulated-personal-access-token';
const LABELS = ['self-hosted', 'macos'];

export type View = ReturnType<SimulatedGitHub['jobs']>[number];

export interface Step {
  readonly run: string;
  readonly if?: string;
  readonly name?: string;
}

export class ServedRunner {
  readonly vm: Sandbox;
  readonly github: SimulatedGitHub;

  private constructor(vm: Sandbox, github: SimulatedGitHub) {
    this.vm = vm;
    this.github = github;
  }

  static async create(
    options: Parameters<typeof startGitHub>[0] = {},
    vm: SandboxOptions = {},
  ): Promise<ServedRunner> {
    return new ServedRunner(new Sandbox(vm), await startGitHub(options));
  }

  async mint(name = 'mr-abc123-ios-00000001'): Promise<string> {
    const response = await fetch(
      `${this.github.origin}/api/v3/orgs/acme/actions/runners/generate-jitconfig`,
      {
        method: 'POST',
        headers: { authorization: `token ${PAT}`, 'content-type': 'application/json' },
        body: JSON.stringify({ name, runner_group_id: 1, labels: LABELS }),
      },
    );
    const { encoded_jit_config: jit } = Object(await response.json());
    return String(jit);
  }

  queue(steps: readonly Step[]): View {
    return this.github.queueJob({ labels: LABELS, steps: [...steps] });
  }

  job(): View {
    const [job] = this.github.jobs();
    if (!job) throw new Error('no job was queued');
    return job;
  }

  /** Starts the listener alone, with `hooks` as scripts, without the launchd job around it. */
  listen(jit: string, hooks: { started?: string; completed?: string } = {}): Running {
    const env: Record<string, string> = { ACTIONS_RUNNER_INPUT_JITCONFIG: jit };
    for (const [when, script] of Object.entries(hooks)) {
      const path = this.vm.path(`${when}.sh`);
      writeFileSync(path, script);
      env[`ACTIONS_RUNNER_HOOK_JOB_${when.toUpperCase()}`] = path;
    }
    return this.vm.start(this.vm.path('Users/admin/actions-runner/bin/Runner.Listener'), ['run'], { env });
  }

  /** Runs a job of `steps` from its queueing to the listener's end. */
  async serve(steps: readonly Step[], hooks: Parameters<ServedRunner['listen']>[1] = {}) {
    this.queue(steps);
    const running = this.listen(await this.mint(), hooks);
    const code = await running.ended;
    await until(() => this.job().status === 'completed');
    return { code, job: this.job(), lines: running.lines };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.vm[Symbol.dispose]();
    await this.github.close();
  }
}
