/** All commands by their words. A command's module is loaded only when it is chosen: `status` must not wait for `up`. */
import type { Command } from './command.ts';

export interface Entry {
  readonly words: string;
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

export const GROUPS: Readonly<Record<string, string>> = {
  runner: 'List runners, show or stop one',
  config: 'Check, show and change the configuration',
};

export const CATALOG: readonly Entry[] = [
  {
    words: 'up',
    summary: 'Serve this host in this terminal',
    load: async () => (await import('./commands/up.ts')).up,
  },
  {
    words: 'serve',
    summary: 'Serve one part (what launchd starts)',
    load: async () => (await import('./commands/serve.ts')).serve,
  },
  {
    words: 'status',
    summary: 'Is it fine? Pools, runners, jobs',
    load: async () => (await import('./commands/status.ts')).status,
  },
  {
    words: 'why',
    summary: 'Why a job, a pool or the host waits',
    load: async () => (await import('./commands/why.ts')).why,
  },
  {
    words: 'runner list',
    summary: 'List runners',
    load: async () => (await import('./commands/runner-list.ts')).runnerList,
  },
  {
    words: 'runner show',
    summary: 'The life of one runner, moment by moment',
    load: async () => (await import('./commands/runner-show.ts')).runnerShow,
  },
  {
    words: 'runner stop',
    summary: 'Stop a runner and destroy its VM',
    load: async () => (await import('./commands/runner-stop.ts')).runnerStop,
  },
  {
    words: 'drain',
    summary: 'Finish running jobs and take no more',
    load: async () => (await import('./commands/drain.ts')).drain,
  },
  {
    words: 'resume',
    summary: 'Take jobs again after a drain',
    load: async () => (await import('./commands/resume.ts')).resume,
  },
  {
    words: 'events',
    summary: 'What happened, as a stream',
    load: async () => (await import('./commands/events.ts')).events,
  },
  {
    words: 'logs',
    summary: "The agent's log",
    load: async () => (await import('./commands/logs.ts')).logs,
  },
  {
    words: 'config check',
    summary: 'Check the configuration',
    load: async () => (await import('./commands/config-check.ts')).configCheck,
  },
  {
    words: 'config show',
    summary: 'Show every setting and where it comes from',
    load: async () => (await import('./commands/config-show.ts')).configShow,
  },
  {
    words: 'config get',
    summary: 'Print one setting',
    load: async () => (await import('./commands/config-get.ts')).configGet,
  },
  {
    words: 'config set',
    summary: 'Change one setting',
    load: async () => (await import('./commands/config-set.ts')).configSet,
  },
  {
    words: 'config schema',
    summary: 'Print the JSON Schema of the configuration',
    load: async () => (await import('./commands/config-schema.ts')).configSchema,
  },
  {
    words: 'version',
    summary: 'Print versions',
    load: async () => (await import('./commands/version.ts')).version,
  },
];
