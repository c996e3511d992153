/** What is played on both sides of the contract with guests, and with calls that are aborted. */
import { CREDENTIAL, type Play, YES } from './contract-player.ts';
import { recorder } from './guest-rig.ts';

const NO = { allowed: false, why: 'no' };

export const GUEST_PLAYS: readonly Play[] = [
  {
    name: 'a guest whose agent never answers',
    options: { boots: false },
    play: async (player) => {
      await player.started('a');
      await player.commands('a');
    },
  },
  {
    name: 'a credential, and another',
    play: async (player) => {
      const { guest, signal } = player.side;
      await player.started('a');
      const { types } = await player.follow('a');
      await player.note('deliver', guest.deliver('a', CREDENTIAL, signal));
      await player.side.until(() => types().includes('exited'));
      await player.note('deliver', guest.deliver('a', CREDENTIAL, signal));
      player.told.push(types().join());
    },
  },
  {
    name: 'events from a number on',
    play: async (player) => {
      const { guest, signal } = player.side;
      await player.started('a');
      const { types } = await player.follow('a');
      await player.note('deliver', guest.deliver('a', CREDENTIAL, signal));
      await player.side.until(() => types().includes('exited'));
      const late = recorder();
      const stop = new AbortController();
      const stream = guest.follow('a', 2, late, stop.signal);
      await player.side.until(() => late.events.length === 2);
      stop.abort('enough');
      await player.note('stream', stream);
      player.told.push(
        late.events.map(({ n, type }) => `${n} ${type}`).join(),
        `answers ${late.seen.answers}`,
      );
      await player.note('follow', guest.follow('a', 1, late, stop.signal));
    },
  },
  {
    name: 'a verdict, the same again, another, and one for nobody',
    play: async (player) => {
      const { guest, signal } = player.side;
      await player.started('a');
      const { events } = await player.follow('a');
      await player.note('hello', guest.verdict('a', 1, YES, signal));
      await player.note('nobody', guest.verdict('a', 99, YES, signal));
      await player.side.askGate('a');
      await player.side.until(() => events.some(({ type }) => type === 'job-started'));
      const { n } = events.find(({ type }) => type === 'job-started') ?? { n: 0 };
      await player.note('yes', guest.verdict('a', n, YES, signal));
      await player.note('yes', guest.verdict('a', n, YES, signal));
      await player.note('no', guest.verdict('a', n, NO, signal));
      await player.side.until(() => events.some(({ type }) => type === 'verdict'));
      player.told.push(events.flatMap((event) => (event.type === 'verdict' ? [event.allowed] : [])).join());
    },
  },
  {
    name: 'calls that are aborted before they begin',
    play: async (player) => {
      const { hypervisor, guest } = player.side;
      const { signal } = { signal: AbortSignal.abort('enough') };
      await player.note('list', hypervisor.list(signal));
      await player.note('clone', hypervisor.clone('template', 'a', signal));
      await player.note('start', hypervisor.start('template', signal));
      await player.note('stop', hypervisor.stop('template', signal));
      await player.note('delete', hypervisor.delete('template', signal));
      await player.note('follow', guest.follow('template', 1, recorder(), signal));
      await player.note('deliver', guest.deliver('template', CREDENTIAL, signal));
      await player.list();
    },
  },
];
