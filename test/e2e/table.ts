/** The demo's live picture: slots, phases and jobs, redrawn in place on a terminal, one line per change elsewhere. */
import { stripVTControlCharacters, styleText } from 'node:util';
import type { Frame } from './play.ts';

export interface Picture {
  show(frame: Frame): void;
}

type Colour = 'green' | 'red' | 'yellow' | 'cyan' | 'dim';

const JOB_COLOUR: Readonly<Record<string, Colour>> = {
  success: 'green',
  failure: 'red',
  cancelled: 'yellow',
  in_progress: 'cyan',
};

export function createPicture(out: NodeJS.WriteStream): Picture {
  return out.isTTY ? redrawn(out) : asLines(out);
}

function redrawn(out: NodeJS.WriteStream): Picture {
  let height = 0;
  return {
    show(frame) {
      const lines = draw(frame);
      out.write(
        `${height > 0 ? `\x1b[${height}A` : ''}${lines.map((line) => `\x1b[2K${line}\n`).join('')}\x1b[J`,
      );
      height = lines.length;
    },
  };
}

function asLines(out: NodeJS.WriteStream): Picture {
  const last = new Map<string, string>();
  return {
    show(frame) {
      const runners = frame.status.runners.map(({ name, phase }) => [name, phase] as const);
      const jobs = frame.jobs.map((job) => [`job ${job.name}`, job.conclusion ?? job.status] as const);
      const agent = frame.agent === null ? [] : [['agent', frame.agent] as const];
      for (const [what, state] of [...agent, ...runners, ...jobs]) {
        if (last.get(what) === state) continue;
        last.set(what, state);
        out.write(`${frame.seconds.toFixed(1).padStart(5)} s  ${what}: ${state}\n`);
      }
    },
  };
}

function draw({ status, jobs, seconds, agent }: Frame): readonly string[] {
  const slots = Array.from({ length: status.host.slots }, (_, slot) => {
    const runner = status.runners.find((candidate) => candidate.slot === slot);
    if (!runner) return `  slot ${slot}  ${styleText('dim', 'free')}`;
    const age = ((status.nowMs - runner.sinceMs) / 1_000).toFixed(1);
    return `  slot ${slot}  ${cell(runner.phase, 12)} ${age.padStart(5)} s  ${runner.name}${runner.why ? ` (${runner.why})` : ''}`;
  });
  const rows = jobs.map((job) => {
    const state = job.conclusion ?? job.status;
    const colour = JOB_COLOUR[state] ?? 'dim';
    return `  ${cell(job.name, 12)} ${styleText(colour, state)}`;
  });
  const head = `macrunner demo  ${seconds.toFixed(1)} s`;
  const news = agent === null ? '' : `  agent   ${styleText('yellow', agent)}`;
  return [head, news, ...slots, '', ...rows, ''];
}

function cell(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - stripVTControlCharacters(text).length));
}
