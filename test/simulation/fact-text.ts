/** Single facts in words, for stories. */
import type { GitHubEvent } from './github/events.ts';
import type { HostFact } from './host.ts';
import type { MacFact } from './tart/facts.ts';

export function gitHubText(event: GitHubEvent): string {
  switch (event.type) {
    case 'set-created':
    case 'set-deleted':
    case 'session-opened':
    case 'session-ended':
      return `${event.set}: ${words(event.type)}`;
    case 'capacity-announced':
      return `${event.set} announces ${event.capacity}`;
    case 'message-delivered': {
      const told = event.entries.map(({ type, jobId }) => `${type} ${jobId}`).join(', ');
      return `tells ${event.set}${event.isAgain ? ' again' : ''}: ${told} (message ${event.messageId})`;
    }
    case 'message-acked':
      return `message ${event.messageId} of ${event.set} is acknowledged`;
    case 'message-pushed':
      return `message ${event.messageId} of ${event.set} is pushed`;
    case 'registered':
      return `registers ${event.runner} (record ${event.registrationId})`;
    case 'runner-online':
    case 'runner-offline':
      return `${event.runner} is ${event.type === 'runner-online' ? 'online' : 'offline'}`;
    case 'unregistered':
      return `${event.runner} is registered no more: ${words(event.why)}`;
    case 'job-queued':
      return `${event.job} is queued`;
    case 'job-assigned':
      return `${event.job} is assigned to ${event.set}${otherId(event)}`;
    case 'job-lapsed':
      return `${event.job} found no runner of ${event.set}, and has another id: ${event.jobId}`;
    case 'job-started':
      return `${event.job} is started by ${event.runner}`;
    case 'job-completed':
      return `${event.job} is over: ${event.result}, ${words(event.ending)}${event.runner ? `, on ${event.runner}` : ''}`;
    case 'completion-told-early':
      return `tells ${event.set} that ${event.job} is over, though it runs`;
  }
}

export function macText(fact: MacFact): string {
  switch (fact.what) {
    case 'vm-cloned':
      return `${fact.vm} is cloned${fact.replaced ? ', in the place of one with its name' : ''}`;
    case 'vm-half-made':
      return `${fact.vm} is left half made`;
    case 'vm-configured':
      return `${fact.vm} has its size`;
    case 'vm-started':
      return `${fact.vm} starts (the framework counts ${fact.counted} of ${fact.limit})`;
    case 'start-refused':
      return `${fact.vm} does not start: ${fact.why} (the framework counts ${fact.counted})`;
    case 'vm-stopped':
      return `${fact.vm} is ended by ${fact.by === 'daemon' ? 'the agent' : 'itself'}: ${words(fact.why)}`;
    case 'vm-deleted':
      return `${fact.vm} is deleted`;
    case 'ghost':
      return `a ghost of ${fact.vm} is counted for ${fact.forMs / 1_000} s`;
    case 'foreign-touched':
      return `${fact.vm}, which is not ours, is touched: ${fact.method}`;
    default:
      return guestText(fact);
  }
}

type GuestFact = Extract<
  MacFact,
  {
    what:
      | 'credential-delivered'
      | 'credential-refused'
      | 'runner-online'
      | 'job-taken'
      | 'verdict-given'
      | 'gate-refused'
      | 'steps-begun'
      | 'steps-ended'
      | 'runner-exited'
      | 'guest-event';
  }
>;

function guestText(fact: GuestFact): string {
  switch (fact.what) {
    case 'credential-delivered':
      return `${fact.vm} has its credential`;
    case 'credential-refused':
      return `${fact.vm} refuses a second credential`;
    case 'runner-online':
      return `the runner in ${fact.vm} listens`;
    case 'job-taken':
      return `the runner in ${fact.vm} takes ${fact.key}`;
    case 'verdict-given':
      return `the gate of ${fact.vm} is told: ${fact.allowed ? 'allowed' : 'refused'}`;
    case 'gate-refused':
      return `the gate of ${fact.vm} keeps ${fact.key} out: ${words(fact.why)}`;
    case 'steps-begun':
      return `the steps of ${fact.key} begin on ${fact.vm}`;
    case 'steps-ended':
      return `the steps of ${fact.key} end on ${fact.vm}: ${fact.how}`;
    case 'runner-exited':
      return `the runner in ${fact.vm} exits with ${fact.code}`;
    case 'guest-event':
      return `the guest of ${fact.vm} says ${fact.event.type}`;
  }
}

export function daemonText({ what, life }: HostFact): string {
  return `${words(what).replace('daemon ', '')} (life ${life})`;
}

function otherId({ job, jobId }: { readonly job: string; readonly jobId: string }): string {
  return job === jobId ? '' : ` as ${jobId}`;
}

function words(name: string): string {
  return name.replaceAll('-', ' ');
}
