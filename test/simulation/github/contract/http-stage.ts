/** The simulated GitHub over HTTP, which GitHub's own Go client has judged, as a stage. */
import { parseConfigUrl } from '../../../../src/github/config-url.ts';
import { createRest } from '../../../../src/github/rest.ts';
import type { Knobs as HttpKnobs } from '../../../support/github/options.ts';
import { type Runner, runnerOf } from '../../../support/github/raw-runner.ts';
import { type SimulatedGitHub, startGitHub } from '../../../support/github/start.ts';
import { PAT } from '../../../support/github-rig.ts';
import { HOLD_MS, type Knobs, type Line, type Stage, type StageRunner } from './stage.ts';

export async function httpStage(knobs: Knobs): Promise<Stage> {
  const server = await startGitHub({ groups: [{ name: 'macs' }], holdMs: HOLD_MS, ...inItsWords(knobs) });
  const find = (name: string) => [...server.world.scaleSets.values()].find((set) => set.name === name);
  const control = (path: string, body: object = {}) => order(server, path, body);
  return {
    url: server.url,
    connect: () => lineTo(server),
    set(name) {
      const set = find(name);
      if (!set) return null;
      return { capacity: set.capacity, heldPolls: set.gate.held, unacknowledged: set.log.length };
    },
    queueJob: (labels, name) => server.queueJob({ labels: [...labels], name }).jobId,
    cancelJob: (key) => server.cancelJob(key),
    async startRunner(jitConfig) {
      const runner = runnerOf(jitConfig);
      await runner.start();
      return runnerOn(runner);
    },
    expireTokens: () => {
      for (const kind of ['admin', 'queue'] as const) server.world.tokens.revokeAll(kind);
    },
    killSession: (name) => control(`scalesets/${find(name)?.id}/end-session`),
    deleteSet: (name) => control(`scalesets/${find(name)?.id}/delete`),
    completed: (key, how) => control(`jobs/${key}/completed`, { how }),
    fault(route, fault, times) {
      const kind = typeof fault === 'number' ? 'status' : 'reset-after';
      const refused = { kind: 'status', status: Number(fault), headers: {} } as const;
      server.fault(route, kind === 'status' ? refused : { kind }, times);
    },
    advance: (ms) => server.advance(ms),
    [Symbol.asyncDispose]: () => server.close(),
  };
}

function inItsWords({ backend, completion, dropsExtraLabels, unknownAgentDelete, ...same }: Knobs) {
  const words: Partial<HttpKnobs> = { ...same };
  if (backend) words.backend = backend === 'acquire' ? 'ghes' : 'dotcom';
  if (completion) words.jobCompleted = completion;
  if (dropsExtraLabels) words.dropExtraLabels = dropsExtraLabels;
  if (unknownAgentDelete) words.unknownAgentDelete = unknownAgentDelete === 204 ? '204' : '404';
  return words;
}

async function order(server: SimulatedGitHub, path: string, body: object): Promise<void> {
  const answer = await fetch(`${server.origin}/_control/${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`the lever ${path} was answered ${answer.status}`);
}

/** A life that can end: its requests are broken off, and it hears nothing of it. */
function lineTo(server: SimulatedGitHub): Line {
  const life = new AbortController();
  const auth = { kind: 'token', token: async () => PAT } as const;
  return {
    async http(url, { signal, headers, ...request }) {
      try {
        const both = AbortSignal.any([signal, life.signal]);
        return await fetch(url, { ...request, headers: { ...headers }, signal: both });
      } catch (error) {
        if (life.signal.aborted) return new Promise(() => undefined);
        throw error;
      }
    },
    rest: (context) => createRest(context, parseConfigUrl(server.url), auth),
    die: () => life.abort(),
  };
}

function runnerOn(runner: Runner): StageRunner {
  return {
    async finish(result) {
      await runner.complete(result);
    },
    async cancelled() {
      let answer = await runner.poll();
      while (answer.body.messageType !== 'JobCancellation') answer = await runner.poll();
    },
    vanish: () => undefined,
  };
}
