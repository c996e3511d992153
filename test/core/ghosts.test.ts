/** The ladder that a host climbs whose framework counts more VMs than run. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type GhostEvidence,
  type Ghosts,
  ghostView,
  isAlarmingGhost,
  weighGhosts,
} from '../../src/core/ghosts.ts';
import { MINUTE, NOW, SECOND } from '../support/world.ts';

const refused = (running = 1): GhostEvidence => ({ type: 'refused', running, slots: 2 });
const started = (running = 2): GhostEvidence => ({ type: 'started', running, slots: 2 });
const view = (ghosts: Ghosts | null, atMs: number, mayReboot = false) => ghostView(ghosts, mayReboot, atMs);

/** Tries a slot each time it is due, always in vain, until `untilMs`; returns when. */
function haunt(from: Ghosts | null, fromMs: number, untilMs: number) {
  const probedMs: number[] = [];
  let ghosts = from;
  for (let atMs = fromMs; atMs <= untilMs; atMs += SECOND) {
    if (ghosts !== null && !view(ghosts, atMs).isProbeDue) continue;
    probedMs.push(atMs - fromMs);
    ghosts = weighGhosts(ghosts, refused(), atMs);
  }
  return { ghosts, probedMs };
}

function quarantined(): Ghosts | null {
  const { ghosts } = haunt(null, NOW, NOW + MINUTE);
  return weighGhosts(ghosts, { type: 'leftovers-killed', killed: 0 }, NOW + MINUTE);
}

test('without a refusal there are none', () => {
  expect(view(null, NOW)).toEqual({ ghosts: 0, isProbeDue: false, remedy: null });
  expect(weighGhosts(null, started(), NOW)).toBeNull();
  expect(weighGhosts(null, { type: 'vm-ended' }, NOW)).toBeNull();
});

test('a refusal while all slots are seen taken tells of none', () => {
  expect(weighGhosts(null, refused(2), NOW)).toBeNull();
  expect(weighGhosts(weighGhosts(null, refused(1), NOW), refused(2), NOW)).toBeNull();
});

test.each([
  [1, 1],
  [0, 2],
])('a refusal while %d of two run tells of %d', (running, ghosts) => {
  expect(view(weighGhosts(null, refused(running), NOW), NOW)).toMatchObject({ ghosts, isProbeDue: false });
});

test('first it waits: the slot is tried after pauses that grow, for a minute at most', () => {
  const { ghosts, probedMs } = haunt(null, NOW, NOW + 2 * MINUTE);
  expect(probedMs.map((ms) => ms / SECOND)).toEqual([0, 2, 6, 14, 30, 55]);
  expect(view(ghosts, NOW + 2 * MINUTE)).toEqual({ ghosts: 1, isProbeDue: false, remedy: 'kill-leftovers' });
  expect(isAlarmingGhost(ghosts)).toBe(false);
});

test('a slot that is tried long after the first refusal is not waited for', () => {
  const ghosts = weighGhosts(weighGhosts(null, refused(), NOW), refused(), NOW + 10 * MINUTE);
  expect(ghosts?.rung).toBe('kill');
});

describe('then leftovers are killed', () => {
  const { ghosts } = haunt(null, NOW, NOW + MINUTE);
  const atMs = NOW + MINUTE;

  test('when there were some the slot is tried once more, soon', () => {
    const killed = weighGhosts(ghosts, { type: 'leftovers-killed', killed: 1 }, atMs);
    expect(view(killed, atMs + 3 * SECOND)).toEqual({ ghosts: 1, isProbeDue: true, remedy: null });
    expect(weighGhosts(killed, started(), atMs + 4 * SECOND)).toBeNull();
    expect(weighGhosts(killed, refused(), atMs + 4 * SECOND)?.rung).toBe('quarantine');
  });

  test('when there were none it is quarantined at once', () => {
    expect(weighGhosts(ghosts, { type: 'leftovers-killed', killed: 0 }, atMs)?.rung).toBe('quarantine');
  });

  test('nothing else moves it meanwhile', () => {
    expect(weighGhosts(ghosts, { type: 'vm-ended' }, atMs)).toBe(ghosts);
    expect(weighGhosts(ghosts, refused(), atMs)?.rung).toBe('kill');
  });
});

describe('in quarantine', () => {
  test('it alarms, and the slot is tried seldom and ever more seldom', () => {
    const ghosts = quarantined();
    expect(isAlarmingGhost(ghosts)).toBe(true);
    const { probedMs } = haunt(ghosts, NOW + MINUTE, NOW + 4 * 60 * MINUTE);
    expect(probedMs.map((ms) => ms / MINUTE)).toEqual([5, 15, 35, 75, 135, 195]);
  });

  test('the end of a VM of ours is a reason to try at once', () => {
    const ghosts = weighGhosts(quarantined(), { type: 'vm-ended' }, NOW + 2 * MINUTE);
    expect(view(ghosts, NOW + 2 * MINUTE).isProbeDue).toBe(false);
    expect(view(ghosts, NOW + 2 * MINUTE + 3 * SECOND).isProbeDue).toBe(true);
  });

  test('a reboot is asked for after two vain tries, where it is allowed and the hour', () => {
    const fresh = quarantined();
    const { ghosts } = haunt(fresh, NOW + MINUTE, NOW + 30 * MINUTE);
    expect(view(fresh, NOW, true).remedy).toBeNull();
    expect(view(ghosts, NOW, true).remedy).toBe('reboot-host');
    expect(view(ghosts, NOW, false).remedy).toBeNull();
  });
});

describe('a start that went well', () => {
  test('while it waits is the end of all of them: something was only dying', () => {
    const two = weighGhosts(null, refused(0), NOW);
    expect(weighGhosts(two, started(1), NOW + SECOND)).toBeNull();
  });

  test('in quarantine proves one slot, and the other is tried at once', () => {
    const { ghosts } = haunt(null, NOW, NOW + MINUTE);
    const killed = weighGhosts(ghosts, { type: 'leftovers-killed', killed: 0 }, NOW + MINUTE);
    const two = weighGhosts(killed, refused(0), NOW + 6 * MINUTE);
    const one = weighGhosts(two, started(1), NOW + 7 * MINUTE);
    expect(view(one, NOW + 7 * MINUTE)).toEqual({ ghosts: 1, isProbeDue: true, remedy: null });
    expect(weighGhosts(one, started(2), NOW + 8 * MINUTE)).toBeNull();
  });

  test('in a slot that nobody suspected proves nothing, and what was due is tried later', () => {
    const one = weighGhosts(null, refused(1), NOW);
    expect(weighGhosts(one, started(1), NOW)).toBe(one);
    const still = quarantined();
    const later = weighGhosts(still, started(1), NOW + 6 * MINUTE);
    expect(view(later, NOW + 11 * MINUTE - 1)).toMatchObject({ ghosts: 1, isProbeDue: false });
    expect(view(later, NOW + 11 * MINUTE)).toMatchObject({ ghosts: 1, isProbeDue: true });
  });
});

test('whatever comes, ghosts are never more than the slots, and never fewer than none', () => {
  const evidence: fc.Arbitrary<GhostEvidence> = fc.oneof(
    fc.record({
      type: fc.constantFrom('refused', 'started'),
      running: fc.nat(4),
      slots: fc.constantFrom(1, 2),
    }),
    fc.constant({ type: 'vm-ended' as const }),
    fc.record({ type: fc.constant('leftovers-killed' as const), killed: fc.nat(2) }),
  );
  const life = fc.array(fc.record({ evidence, afterMs: fc.nat(10 * MINUTE) }));
  fc.assert(
    fc.property(life, (events) => {
      let ghosts: Ghosts | null = null;
      let atMs = NOW;
      for (const { evidence: news, afterMs } of events) {
        atMs += afterMs;
        ghosts = weighGhosts(ghosts, news, atMs);
        expect(ghosts === null || (ghosts.count >= 1 && ghosts.count <= 2)).toBe(true);
        if (ghosts !== null) expect(Number.isNaN(ghosts.retryAtMs)).toBe(false);
      }
    }),
  );
});
