/** `macrunner why`: one cause, in a sentence, and what to do about it. */
import * as z from 'zod';
import { hasCode } from '../../core/error.ts';
import type { JobReport, StatusReport } from '../../daemon/report.ts';
import { type Answer, whyHost, whyJob, whyPool, whyRunner } from '../answer.ts';
import { defineCommand, EXIT, flag, JSON_OPTION } from '../command.ts';
import { printJson } from '../context.ts';
import type { Daemon } from '../daemon.ts';
import { findSubject, unknownSubject } from '../subject.ts';
import { plain, wrap } from '../text.ts';

export const why = defineCommand({
  arguments: [['<subject>', 'a job (start of its id, or its name), a pool, a runner, or `host`']],
  options: [JSON_OPTION],
  examples: [
    ['why 3f2a', 'the job whose id starts so'],
    ["why 'Build and test'", 'a job by its name'],
    ['why xcode-26', 'a pool'],
    ['why host', 'this host'],
  ],
  input: z.object({ subject: z.string(), json: flag }),
  async run({ subject, json }, context) {
    const { out } = context;
    const answer = await ask(subject, await context.daemon());
    if (json) {
      printJson(context, { ...answer });
      return EXIT.ok;
    }
    out.print(`${out.paint.strong(plain(answer.name))}  ${out.paint.dim(answer.about)}`);
    out.print(wrap(plain(answer.text), out.width));
    if (answer.cause !== null) out.print(out.paint.dim(`cause: ${answer.cause}`));
    if (answer.remedy !== null) out.print(wrap(`do: ${answer.remedy}`, out.width, '    '));
    return EXIT.ok;
  },
});

async function ask(word: string, daemon: Daemon): Promise<Answer> {
  const status = await daemon.status();
  const subject = findSubject(word, status);
  switch (subject.is) {
    case 'host':
      return whyHost(status);
    case 'pool':
      return whyPool(subject.pool, status);
    case 'runner': {
      const { runner } = subject;
      return whyRunner(
        runner,
        status.jobs.find(({ id }) => id === runner.jobId),
        status.nowMs,
      );
    }
    case 'job':
      return aboutJob(subject.job, status);
    case 'unknown':
      return aboutJob(await pastJob(word, status, daemon), status);
  }
}

function aboutJob(job: JobReport, status: StatusReport): Answer {
  return whyJob(
    job,
    status.runners.find(({ name }) => name === job.runner),
    status.nowMs,
  );
}

async function pastJob(word: string, status: StatusReport, daemon: Daemon): Promise<JobReport> {
  try {
    return (await daemon.job(word)).job;
  } catch (error) {
    throw hasCode(error, 'not-found') ? unknownSubject(word, status) : error;
  }
}
