/** Plays calls on one side of the contract and writes down how each was answered, without when. */
import { hasCode, MacrunnerError } from '../../../src/core/error.ts';
import type { Side, SideOptions } from './contract-sides.ts';
import { recorder } from './guest-rig.ts';

/** One that a real guest takes, and that no GitHub knows. */
export const CREDENTIAL = { jitConfig: Buffer.from('{}').toString('base64'), environment: {} };
export const YES = { allowed: true, why: 'yes' };

export interface Play {
  readonly name: string;
  readonly options?: SideOptions;
  readonly play: (player: Player) => Promise<void>;
}

export class Player {
  readonly side: Side;
  readonly told: string[] = [];

  constructor(side: Side) {
    this.side = side;
  }

  /** Writes down how a call was answered. */
  async note(what: string, call: Promise<unknown>): Promise<void> {
    const answer = await this.side.settle(call).then(
      (value) => JSON.stringify(value) ?? 'done',
      (error: unknown) => (error instanceof MacrunnerError ? error.code : String(error)),
    );
    this.told.push(`${what}: ${answer}`);
  }

  async list(): Promise<void> {
    await this.note('list', this.side.hypervisor.list(this.side.signal));
  }

  /** A clone of the template that runs. */
  async started(vm: string): Promise<void> {
    const { hypervisor, signal } = this.side;
    await this.note(`clone ${vm}`, hypervisor.clone('template', vm, signal));
    await this.note(`start ${vm}`, hypervisor.start(vm, signal));
  }

  async commands(vm: string): Promise<void> {
    const { guest, signal } = this.side;
    await this.note('follow', guest.follow(vm, 1, recorder(), signal));
    await this.note('deliver', guest.deliver(vm, CREDENTIAL, signal));
    await this.note('verdict', guest.verdict(vm, 1, YES, signal));
  }

  /** A stream that stays open; `stream` ends with it. */
  async follow(vm: string) {
    const { guest, signal } = this.side;
    const record = recorder();
    for (;;) {
      const stream = guest.follow(vm, 1, record, signal);
      stream.catch(() => undefined);
      const hasBegun = await Promise.race([
        this.side.until(() => record.events.length > 0).then(() => true),
        stream.then(
          () => true,
          (error: unknown) => !hasCode(error, 'guest-unreachable'),
        ),
      ]);
      if (hasBegun) return { ...record, stream, types: () => record.events.map(({ type }) => type) };
    }
  }
}
