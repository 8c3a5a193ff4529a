import type { AlertKind } from '../api/types/AlertKind';
import type { Place } from '../api/types/Place';
import { number, plural } from '../frame/format';

/** What an issue is about, in a word or two. */
const kinds: Record<AlertKind, string> = {
  hook_unstable: 'Hook unstable',
  hook_failed: 'Hook failed',
  hook_disabled: 'Hook disabled',
  hook_deaf: 'Hook deaf',
  hook_recovered: 'Hook recovered',
  rule_set_aside: 'Rule set aside',
  write_given_up: 'Write given up',
  conflict: 'Conflict',
  approvals: 'Waiting for you',
  digest: 'Digest',
  mail: 'Mail',
  outgoing: 'Not told',
  site: 'Site',
  journal: 'Journal',
};

const show: Record<Place['place'], string> = {
  event: 'Show the event',
  hook: 'Show the hook',
  rule: 'Show the rule',
  inbox: 'Show what waits',
  site: 'Show the site',
  issues: 'Show the issues',
};

/** Words of the issues: what needs a person, grouped. */
export const issues = {
  name: 'Issues',
  title: (n: number) => (n === 0 ? 'Issues' : plural(n, 'open issue', 'open issues')),
  open: (n: number) =>
    n === 0 ? 'Issues: nothing needs you (5)' : `${plural(n, 'issue needs', 'issues need')} you (5)`,
  needs: (n: number) => (n === 0 ? 'Nothing needs you' : `${plural(n, 'needs', 'need')} you`),
  count: (n: number) => (n > 99 ? '99+' : number(n)),
  kinds,
  show,
  list: 'Open issues',
  loading: 'Reading the issues',
  broken: 'The issues could not be read',
  old: (why: string) => `What stands here is as it was read last: ${why}`,
  retry: 'Try again',
  empty: 'Nothing needs you',
  emptyWhy:
    'When a hook fails, a rule is set aside or a write is given up, it stands here with what to do, until somebody has seen to it.',
  times: (n: number) => (n === 1 ? 'once' : n === 2 ? 'twice' : `${number(n)} times`),
  once: (at: string) => `Once, ${at}`,
  met: (n: number, first: string, last: string) =>
    `${n === 2 ? 'Twice' : `${number(n)} times`}, first ${first}, last ${last}`,
  acknowledge: 'Acknowledge',
  acknowledging: 'Acknowledging …',
  acknowledgeWhy: 'It stays open and is counted no longer. If it is met again, it asks for you again. (A)',
  resolve: 'Resolve',
  resolving: 'Resolving …',
  resolveWhy: 'It is done with. If it is met again, it opens by itself. (R)',
  acknowledged: (by: string | null, at: string | null) =>
    `Acknowledged${by === null ? '' : ` by ${by}`}${at === null ? '' : `, ${at}`}`,
  resolved: (n: number) => `Resolved: ${number(n)}`,
  resolvedWhy: 'What is met again opens by itself.',
  resolvedAt: (times: string, by: string | null, at: string | null) =>
    `Met ${times}, resolved${by === null ? '' : ` by ${by}`}${at === null ? '' : `, ${at}`}`,
  close: 'Close',
  all: 'All issues',
  done: {
    acknowledged: (title: string) => `Acknowledged: ${title}. It stays open until it is resolved.`,
    resolved: (title: string) => `Resolved: ${title}. If it is met again, it opens by itself.`,
  },
  not: {
    acknowledged: (why: string) => `It was not acknowledged: ${why}`,
    resolved: (why: string) => `It was not resolved: ${why}`,
  },
};
