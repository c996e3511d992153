/**
 * Windows of time, in their own time zones, across changes of summer time, and how many runners of a pool shall stand
 * warm by them. A window that opens at a time which the clocks skip opens that much later; at one which they show twice,
 * the first time.
 */
import { parse } from 'node-cron';
import type { PoolConfig } from './pool.ts';

type Window = Pick<PoolConfig['windows'][number], 'cron' | 'hours' | 'timeZone'>;

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** More than any change of the clocks. */
const SLACK_MS = 3 * HOUR_MS;

/** The largest warm count of the windows that are open at `at`, else the pool's own. */
export function warmNow(pool: Pick<PoolConfig, 'warm' | 'windows'>, at: Date): number {
  const open = pool.windows.filter((window) => isOpen(window, at));
  return open.length === 0 ? pool.warm : Math.max(...open.map((window) => window.warm));
}

export function isOpen(window: Window, at: Date): boolean {
  const atMs = at.getTime();
  const start = latestStart(window, atMs);
  return start !== null && atMs - start < window.hours * HOUR_MS;
}

/** The latest moment at or before `atMs` at which the window opened, if it could still be open. */
function latestStart(window: Window, atMs: number): number | null {
  const zone = createZone(window.timeZone);
  const nowWallMs = zone.wallMs(atMs);
  const starts = daysBack(nowWallMs, window.hours)
    .flatMap((dayMs) => startsOn(window.cron, dayMs))
    // Roughly first, on the wall: converting is the dear part.
    .filter(
      (wallMs) => wallMs < nowWallMs + SLACK_MS && wallMs > nowWallMs - window.hours * HOUR_MS - SLACK_MS,
    );
  const past = starts.map((wallMs) => zone.instantMs(wallMs)).filter((ms) => ms <= atMs);
  return past.length === 0 ? null : Math.max(...past);
}

/** Midnights, on the wall, of the days on which a window that is still open can have opened, and of the next. */
function daysBack(wallMs: number, hours: number): readonly number[] {
  const today = Math.floor(wallMs / DAY_MS) * DAY_MS;
  const count = Math.ceil(hours / 24) + 2;
  return Array.from({ length: count }, (_, index) => today - index * DAY_MS);
}

/** Times on the wall at which `cron` fires on a day; day of month and day of week must both match, as in node-cron. */
function startsOn(cron: string, dayMs: number): readonly number[] {
  const { second, minute, hour, dayOfMonth, month, dayOfWeek } = parse(cron);
  const day = new Date(dayMs);
  const matches =
    month.includes(day.getUTCMonth() + 1) &&
    dayOfMonth.includes(day.getUTCDate()) &&
    dayOfWeek.includes(day.getUTCDay());
  if (!matches) return [];
  return hour.flatMap((hours) =>
    minute.flatMap((minutes) =>
      second.map((seconds) => dayMs + hours * HOUR_MS + minutes * MINUTE_MS + seconds * 1_000),
    ),
  );
}

/** Converts between instants and the wall clock of a zone, whose readings are written as if they were UTC. */
function createZone(timeZone: string) {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const wallMs = (ms: number): number => {
    const read = new Map(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
    const part = (type: Intl.DateTimeFormatPartTypes) => read.get(type) ?? 0;
    const date = Date.UTC(part('year'), part('month') - 1, part('day'));
    return date + part('hour') * HOUR_MS + part('minute') * MINUTE_MS + part('second') * 1_000;
  };
  const offsetMs = (ms: number) => wallMs(ms) - Math.floor(ms / 1_000) * 1_000;
  return {
    wallMs,
    instantMs(wall: number): number {
      const before = offsetMs(wall - DAY_MS);
      const after = offsetMs(wall + DAY_MS);
      // Shown twice: the offset before the change gives the earlier instant. Skipped: it gives the moment just after.
      const candidates = [wall - before, wall - after];
      return candidates.find((ms) => wallMs(ms) === wall) ?? wall - before;
    },
  };
}
