import { expect, test } from 'vitest';
import { locations } from '../../src/config/locations.ts';

test('everything lies under MACRUNNER_HOME when it is set', () => {
  const places = Object.values(locations({ MACRUNNER_HOME: '/home/x/mr/' }, 'darwin'));
  expect(places.filter((place) => !place.startsWith('/home/x/mr/'))).toEqual([]);
});

test('on a Mac everything has its fixed place', () => {
  expect(locations({}, 'darwin')).toMatchObject({
    config: '/Library/Application Support/macrunner/config.json',
    managed: '/Library/Managed Preferences/dev.macrunner.plist',
    socket: '/private/var/db/macrunner/agent/run/agent.sock',
  });
});

test('elsewhere MACRUNNER_HOME is needed, and the error says so', () => {
  expect(() => locations({}, 'linux')).toThrow(
    expect.objectContaining({ code: 'usage', hint: expect.stringMatching('MACRUNNER_HOME') }),
  );
});
