/**
 * A job's directories and environment in the runner double: `_work/<repo>/<repo>`, `_work/_temp`, GITHUB_* and
 * RUNNER_*, and the files GITHUB_ENV and GITHUB_PATH by which one step speaks to the next.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Job } from './job-message.ts';

export class JobEnv {
  readonly workspace: string;
  readonly temp: string;
  readonly #variables: Record<string, string>;
  readonly #added: Record<string, string> = {};
  readonly #paths: string[] = [];

  constructor(root: string, job: Job, runnerName: string) {
    const repository =
      job.github.repository
        ?.split('/')
        .at(-1)
        ?.replaceAll(/[^\w.-]/g, '_') || 'repository';
    this.temp = join(root, '_work/_temp');
    this.workspace = join(root, '_work', repository, repository);
    mkdirSync(this.temp, { recursive: true });
    mkdirSync(this.workspace, { recursive: true });
    this.#variables = {
      ...variablesOf(job.github),
      GITHUB_ACTIONS: 'true',
      CI: 'true',
      GITHUB_WORKSPACE: this.workspace,
      RUNNER_WORKSPACE: join(root, '_work', repository),
      RUNNER_TEMP: this.temp,
      RUNNER_NAME: runnerName,
      RUNNER_OS: 'macOS',
      RUNNER_ARCH: 'ARM64',
      RUNNER_TRACKING_ID: `github_${job.jobId}`,
    };
  }

  /** What a hook sees: not what steps added by files, and never the workflow's own `env`. */
  forHook(): NodeJS.ProcessEnv {
    return { ...process.env, ...this.#variables };
  }

  /** What step number `index` sees, with fresh files for what it has to say. */
  forStep(index: number): NodeJS.ProcessEnv {
    const files = this.#files(index);
    for (const file of Object.values(files)) writeFileSync(file, '');
    const path = [...this.#paths.toReversed(), process.env.PATH ?? ''].join(':');
    return { ...process.env, ...this.#added, ...this.#variables, ...files, PATH: path };
  }

  /** Takes up what step number `index` wrote. @throws when it tried what GitHub forbids */
  takeUp(index: number): void {
    const { GITHUB_ENV, GITHUB_PATH } = this.#files(index);
    Object.assign(this.#added, assignmentsIn(readFileSync(GITHUB_ENV, 'utf8')));
    this.#paths.push(...readFileSync(GITHUB_PATH, 'utf8').split('\n').filter(Boolean));
  }

  #files(
    index: number,
  ): Record<'GITHUB_ENV' | 'GITHUB_PATH' | 'GITHUB_OUTPUT' | 'GITHUB_STEP_SUMMARY', string> {
    const file = (name: string) => join(this.temp, `${name}_${index}`);
    return {
      GITHUB_ENV: file('set_env'),
      GITHUB_PATH: file('add_path'),
      GITHUB_OUTPUT: file('set_output'),
      GITHUB_STEP_SUMMARY: file('step_summary'),
    };
  }
}

/** What of the `github` context steps see as GITHUB_*. (actions/runner: src/Runner.Worker/GitHubContext.cs) */
const SHOWN = [
  ...['actor', 'api_url', 'base_ref', 'event_name', 'graphql_url', 'head_ref', 'job', 'ref', 'ref_name'],
  ...['ref_protected', 'ref_type', 'repository', 'repository_owner', 'retention_days', 'run_attempt'],
  ...['run_id', 'run_number', 'server_url', 'sha', 'triggering_actor', 'workflow', 'workflow_ref'],
  'workflow_sha',
];

function variablesOf(github: Readonly<Record<string, string>>): Record<string, string> {
  const shown = Object.entries(github).filter(([name]) => SHOWN.includes(name));
  return Object.fromEntries(shown.map(([name, value]) => [`GITHUB_${name.toUpperCase()}`, value]));
}

/** `NAME=value` lines, and `NAME<<END` … `END` for values of several lines. */
function assignmentsIn(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  const lines = text.split('\n');
  for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
    const block = /^([^=<]+)<<(.+)$/.exec(line);
    const end = block ? lines.indexOf(block[2] ?? '') : -1;
    if (block && end < 0) throw new Error(`the file has no line ${block[2]}`);
    const name = block?.[1] ?? line.slice(0, Math.max(0, line.indexOf('=')));
    if (name === '') continue;
    if (name.toUpperCase() === 'NODE_OPTIONS')
      throw new Error("Can't store NODE_OPTIONS output parameter using '$GITHUB_ENV' command.");
    found[name] = block
      ? lines
          .splice(0, end + 1)
          .slice(0, -1)
          .join('\n')
      : line.slice(name.length + 1);
  }
  return found;
}
