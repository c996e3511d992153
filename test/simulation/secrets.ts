/** Whether a secret left its channel: what the ledger tells is looked through for each of them. */
import type { SimulatedHost } from './host.ts';

export function hasToldSecrets({ secrets, ledger }: SimulatedHost): boolean {
  if (secrets.size === 0) return false;
  const told = JSON.stringify(ledger.auditAfter(0, 10_000));
  return [...secrets].some((secret) => told.includes(secret));
}
