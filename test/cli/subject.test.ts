/** What people may call the things they ask about. */
import { expect, test } from 'vitest';
import { findSubject, unknownSubject } from '../../src/cli/subject.ts';
import { aJobReport, aStatus, aWaitingJob } from '../support/reports.ts';

const status = aStatus({ jobs: [aJobReport(), aWaitingJob()] });

test.each([
  ['host', 'host'],
  ['7f3a2c', 'host'],
  ['xcode-26', 'pool'],
  ['mr-7f3a2c-xcode-26-k3x9d2m1', 'runner'],
  ['9b7d', 'job'],
  ['9B7D4410-0000', 'job'],
  ['lint', 'job'],
  ['build', 'job'],
  ['nothing', 'unknown'],
])('%s is a %s', (word, is) => {
  expect(findSubject(word, status).is).toBe(is);
});

test('when a name repeats, the job that is still open is meant', () => {
  const jobs = [aJobReport({ id: 'old', state: 'completed' }), aJobReport({ id: 'new' })];
  expect(findSubject('Build and test', aStatus({ jobs }))).toMatchObject({ job: { id: 'new' } });
});

test('several open jobs of one name are told apart by their ids', () => {
  const jobs = [aJobReport({ id: 'aaaaaaaa-1' }), aJobReport({ id: 'bbbbbbbb-2' })];
  expect(() => findSubject('build', aStatus({ jobs }))).toThrow('2 jobs match "build"');
});

test('an unknown word is answered with the nearest name', () => {
  expect(unknownSubject('xcode26', status).hint).toBe('did you mean `xcode-26`?');
  expect(unknownSubject('zzz', status).hint).toBe('see `macrunner status` for the names');
});
