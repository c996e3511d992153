/** What is played on both sides of the contract with VMs: the answers that the daemon's decisions rest on. */
import type { Play } from './contract-player.ts';
import { recorder } from './guest-rig.ts';

const SIZE = { cpu: 4, memoryGiB: 8 };

export const VM_PLAYS: readonly Play[] = [
  {
    name: 'the life of a VM',
    play: async (player) => {
      const { hypervisor, signal } = player.side;
      await player.note('image', hypervisor.hasImage('template', signal));
      await player.note('clone', hypervisor.clone('template', 'a', signal));
      await player.note('configure', hypervisor.configure('a', SIZE, signal));
      await player.list();
      await player.note('start', hypervisor.start('a', signal));
      await player.list();
      await player.note('words', hypervisor.lastWords('a'));
      const { stream, types } = await player.follow('a');
      await player.note('stop', hypervisor.stop('a', signal));
      await player.note('stream', stream);
      player.told.push(types().join());
      await player.note('words', hypervisor.lastWords('a'));
      await player.list();
      await player.note('delete', hypervisor.delete('a', signal));
      await player.note('words', hypervisor.lastWords('a'));
      await player.list();
    },
  },
  {
    name: 'a VM that is missing',
    play: async (player) => {
      const { hypervisor, signal } = player.side;
      await player.note('configure', hypervisor.configure('a', SIZE, signal));
      await player.note('start', hypervisor.start('a', signal));
      await player.note('stop', hypervisor.stop('a', signal));
      await player.note('delete', hypervisor.delete('a', signal));
      await player.commands('a');
      await player.note('words', hypervisor.lastWords('a'));
      await player.note('image', hypervisor.hasImage('none', signal));
      await player.note('clone', hypervisor.clone('none', 'a', signal));
      await player.note('remote', hypervisor.clone('ghcr.io/acme/none:1', 'a', signal));
    },
  },
  {
    name: 'a directory that is half made',
    play: async (player) => {
      const { hypervisor, signal } = player.side;
      player.side.halfMake('a');
      await player.list();
      await player.note('clone', hypervisor.clone('template', 'a', signal));
      await player.note('configure', hypervisor.configure('a', SIZE, signal));
      await player.note('start', hypervisor.start('a', signal));
      await player.note('follow', player.side.guest.follow('a', 1, recorder(), signal));
      await player.note('stop', hypervisor.stop('a', signal));
      await player.note('delete', hypervisor.delete('a', signal));
      await player.note('image', hypervisor.hasImage('a', signal));
      await player.note('clone', hypervisor.clone('template', 'a', signal));
    },
  },
  {
    name: 'a VM that runs',
    play: async (player) => {
      const { hypervisor, signal } = player.side;
      await player.started('a');
      await player.note('start', hypervisor.start('a', signal));
      await player.note('delete', hypervisor.delete('a', signal));
      await player.note('clone', hypervisor.clone('template', 'a', signal));
      await player.note('configure', hypervisor.configure('a', SIZE, signal));
      await player.list();
    },
  },
  {
    name: 'a VM that is stopped',
    play: async (player) => {
      const { hypervisor, signal } = player.side;
      await player.note('clone', hypervisor.clone('template', 'a', signal));
      await player.note('clone', hypervisor.clone('template', 'a', signal));
      await player.commands('a');
      await player.note('stop', hypervisor.stop('a', signal));
      await player.note('delete', hypervisor.delete('a', signal));
      await player.note('delete', hypervisor.delete('a', signal));
    },
  },
  {
    name: 'one VM too many',
    play: async (player) => {
      const { hypervisor, signal } = player.side;
      await player.started('a');
      await player.started('b');
      await player.started('c');
      await player.note('words', hypervisor.lastWords('c'));
      await player.list();
      await player.note('stop', hypervisor.stop('a', signal));
      await player.note('start', hypervisor.start('c', signal));
      await player.note('words', hypervisor.lastWords('c'));
    },
  },
  {
    name: 'a keychain that is locked',
    play: async (player) => {
      player.side.breakStarts('keychain');
      await player.started('a');
      await player.list();
    },
  },
  {
    name: 'a VM that is held by another',
    play: async (player) => {
      player.side.breakStarts('auxiliary-lock');
      await player.started('a');
      await player.list();
    },
  },
  {
    name: 'a VM that crashes',
    play: async (player) => {
      const { hypervisor, signal } = player.side;
      await player.started('a');
      const { stream } = await player.follow('a');
      player.side.crash('a');
      await player.note('stream', stream);
      await player.note('stop', hypervisor.stop('a', signal));
      await player.note('words', hypervisor.lastWords('a'));
      await player.list();
      await player.commands('a');
    },
  },
  {
    name: 'a VM that tart cannot read',
    play: async (player) => {
      const { hypervisor, signal } = player.side;
      await player.started('a');
      player.side.misread('a');
      await player.list();
      await player.note('follow', player.side.guest.follow('a', 1, recorder(), signal));
      await player.note('stop', hypervisor.stop('a', signal));
      await player.note('words', hypervisor.lastWords('a'));
      await player.note('delete', hypervisor.delete('a', signal));
    },
  },
  {
    name: 'a VM that does not hear',
    play: async (player) => {
      const { hypervisor, signal } = player.side;
      player.side.ignoreSigint('a');
      await player.started('a');
      player.side.ignoreSigint('a');
      await player.note('stop', hypervisor.stop('a', signal));
      await player.note('words', hypervisor.lastWords('a'));
      await player.list();
    },
  },
  {
    name: 'what the system leaves of a VM that died',
    options: { leavesGhosts: true },
    play: async (player) => {
      const { hypervisor, signal } = player.side;
      await player.started('mr-a');
      await player.started('mr-b');
      player.side.crash('mr-a');
      await player.side.settle(player.side.stopped('mr-a'));
      await player.started('mr-c');
      const left = await player.side.settle(hypervisor.leftovers('mr-', signal));
      player.told.push(left.map(({ vm }) => vm).join());
      await player.note('theirs', hypervisor.leftovers('xx-', signal));
      const pid = left[0]?.pid ?? 0;
      await player.note('kill', hypervisor.killLeftover({ pid, vm: 'mr-b' }, signal));
      await player.note('kill', hypervisor.killLeftover({ pid, vm: 'mr-a' }, signal));
      await player.note('kill', hypervisor.killLeftover({ pid, vm: 'mr-a' }, signal));
      await player.note('left', hypervisor.leftovers('mr-', signal));
      await player.note('start', hypervisor.start('mr-c', signal));
    },
  },
];
