/** `macrunner events` as a process. */
import { expect, test } from 'vitest';
import { answer, startControlServer } from '../../support/control-server.ts';
import { runProgram, startProgram } from '../../support/program.ts';

const event = (seq: number) =>
  ({
    v: 1,
    seq,
    atMs: Date.UTC(2026, 10, 24),
    what: 'runner-gone',
    subject: 'mr-x',
    detail: { registration: 'removed' },
  }) as const;

test('events are one line each, for people and for programs', async () => {
  await using agent = await startControlServer();
  agent.on('GET /v1/events', () => answer.events([event(7), event(8)]));
  const [said, json] = await Promise.all([
    runProgram(agent.directory, ['events', '--after', '6']),
    runProgram(agent.directory, ['events', '--json']),
  ]);
  expect(said.stdout).toMatch(/^\d\d:\d\d:\d\d {6}7 {2}runner-gone {2}mr-x {2}registration=removed\n/);
  expect(
    json.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual([event(7), event(8)]);
  expect(agent.asked.map(({ what }) => what)).toContain('GET /v1/events?after=6');
});

test('events -f goes on after the last event when the agent comes back', async () => {
  await using agent = await startControlServer();
  agent.on('GET /v1/events?follow=1', () => answer.events([event(7)], { isOpen: true }));
  agent.on('GET /v1/events?after=7&follow=1', () => answer.events([event(8)], { isOpen: true }));
  using program = startProgram(agent.directory, ['events', '-f', '--json']);
  await program.said(/"seq":7/);
  agent.hangUp();
  await program.said(/"seq":8/);
  program.child.kill('SIGTERM');
  const { code, stdout } = await program.ended();
  expect(code).toBe(0);
  expect(stdout.trimEnd().split('\n')).toHaveLength(2);
});
