/** Whether, for all that goes wrong, every request to GitHub is heard and answered. */
import type { Incident } from './scenario.ts';

/** Incidents that keep no request from GitHub. */
const ASIDE: ReadonlySet<Incident['kind']> = new Set([
  'kill-at-call',
  'kill',
  'terminate',
  'lose-ledger',
  'mac-calls',
  'replay',
  'crash',
  'forget-runner',
  'complete-early',
  'silence',
  'misread',
  'stubborn',
  'ghost',
  'foreign',
  'disk-full',
  'keychain',
  'guest',
]);

export function areRequestsHeard(incidents: readonly Incident[]): boolean {
  return incidents.every(({ kind }) => ASIDE.has(kind));
}
