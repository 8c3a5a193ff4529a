import type { Badge } from '../api/types/Badge';
import type { Compared } from '../api/types/Compared';
import type { HookState } from '../api/types/HookState';
import type { LogState } from '../api/types/LogState';
import { number, plural } from '../frame/format';
import { heard } from './heard';
import { sheet } from './hookSheet';

const states: Record<HookState, string> = {
  active: 'Active',
  unstable: 'Unstable',
  failed: 'Failed',
  disabled: 'Disabled',
  deaf: 'Deaf',
};

const badges: Record<Badge, string> = {
  slow_response: 'Slow response',
  heavy_load: 'Heavy load',
  very_heavy_load: 'Very heavy load',
  throttled: 'Throttled',
  unsigned: 'Unsigned',
};

const badgeWhy: Record<Badge, string> = {
  slow_response: 'Answers take more than 500 ms on average.',
  heavy_load: 'It takes more than 10 % of the site’s response budget. Let it deliver less, or answer sooner.',
  very_heavy_load: 'It takes more than 50 % of the site’s response budget. Let it deliver less, or answer sooner.',
  throttled: 'It takes more than the site’s whole response budget, so the site delivers more slowly.',
  unsigned: 'Anybody who knows the address can send to it. Make a secret for it.',
};

const titles: Record<HookState, string> = {
  active: 'Something is worth a look',
  unstable: 'Some deliveries failed',
  failed: 'The site has given this hook up',
  disabled: 'This hook is switched off',
  deaf: 'The site moves and nothing arrives',
};

/** What went wrong with deliveries, where something did, after what is said of the others. */
function wrong(refused: number, failed: number): string {
  const here = refused > 0 ? ` · ${number(refused)} refused` : '';
  return here + (failed > 0 ? ` · ${number(failed)} failed by the site’s record` : '');
}

/** What is said where the engine says nothing of it. */
const whys: Record<HookState, string> = {
  active: 'It delivers, and a mark beside its state says what to look at.',
  unstable: 'Deliveries failed in the past 24 hours. At 100 failures in 24 hours the site gives the hook up.',
  failed: 'After 100 failures in 24 hours nothing more is delivered. Mend the cause, then activate it again.',
  disabled: 'Nothing is delivered until it is activated again.',
  deaf: 'Check the tunnel or proxy before this machine, the hook’s fields for a misspelt name, and that the hook is on.',
};

/** The same of a site that counts no failures. */
const plainWhys: Record<HookState, string> = {
  ...whys,
  unstable: 'Deliveries failed in the past 24 hours.',
  failed: 'Nothing more is delivered. Mend the cause, then activate it again where it was made.',
};

const logs: Record<LogState, string> = {
  off: 'Log off',
  live: 'Log live',
  catching_up: 'Catching up',
  trouble: 'Log not read',
};

const verdicts: Record<Compared, string> = {
  both: 'received',
  known_anyway: 'known by another road',
  missing: 'missing',
  only_here: 'received, not in the site’s record',
  about_itself: 'about the hook itself',
};

/** Words of the view Hooks. */
export const hooks = {
  title: 'Hooks',
  none: 'No hook yet',
  noneWhy: 'No webhook delivers here yet. Make one in the view Hooks (3); a site is connected in the view Sites (4).',
  active: (n: number) => `${plural(n, 'hook', 'hooks')} active`,
  bad: (n: number, state: string, names: string) =>
    n === 1 ? `1 hook ${state}: ${names}` : `${n} hooks need a look: ${names}`,
  since: (moment: string) => `since ${moment}`,
  open: (name: string) => `Show the hook ${name}`,
  well: 'All is well. Nothing to do.',
  states,
  badges,
  badgeWhy,
  titles,
  whys,
  plainWhys,
  heard,
  noRecord: (tracker: string) =>
    `${tracker} keeps no record of its deliveries that can be read: there is nothing to compare with and nothing to have sent again. What arrived stands in the feed.`,
  list: 'Hooks by need, then by name',
  filter: 'Find a hook',
  noFit: 'No hook has that in its name.',
  fresh: 'New hook',
  freshWhy: 'Make a hook, here and on the site (A)',
  noSite: 'Connect a site first; hooks belong to one.',
  toSites: 'Go to the sites',
  empty: 'No hook delivers here yet',
  emptyLog: 'The event log brings every change as well; a hook only brings it sooner.',
  emptyWhy:
    'A hook is an address that the tracker sends each change to, a moment after it happened. Make one, and send a test through it.',
  broken: 'The hooks could not be read',
  retry: 'Try again',
  loading: 'Reading the hooks',
  old: (why: string) => `These figures are not fresh: ${why}`,
  events: (n: number, refused: number) =>
    n === 0 && refused === 0
      ? 'nothing in 24 h'
      : `${number(n)} in 24 h${refused > 0 ? ` · ${number(refused)} refused` : ''}`,
  detail: (name: string) => `The hook ${name}`,
  act: {
    test: 'Send a test',
    testing: 'Testing …',
    testWhy: 'Have the site send a test through the hook, and see where it ends (T)',
    look: 'Examine',
    looking: 'Examining …',
    lookWhy: (tracker: string) =>
      `${tracker} sends no tests. Look at its webhook, and whether anything has arrived (T)`,
    change: 'Change …',
    changeWhy: 'Change what it delivers (E)',
    switch_on: 'Activate again',
    switch_off: 'Switch off',
    off_sure: 'Switch off now',
    new_secret: 'New secret',
    secret_sure: 'Make it now',
    secret_change: 'New secret …',
    remove: 'Delete …',
    remove_sure: 'Delete for good',
    show_failed: 'Show what failed',
    show_missing: 'Show what is missing',
    cancel: 'Cancel',
    working: 'Working …',
    unknown: 'The site’s record of this hook is not known, so it cannot be changed from here.',
  },
  twice: {
    off: 'Nothing is delivered until it is activated again.',
    secret: 'The site signs with the new one from then on; the old one is taken too for a while.',
    remove: 'It goes here and on the site, with the site’s record of its deliveries. What the journal holds stays.',
    removeHere: 'It goes here. Delete the webhook in Creative Force too. What the journal holds stays.',
  },
  done: {
    created: (name: string) => `The hook ${name} is made. Send a test to see that it delivers.`,
    changed: (name: string) => `The hook ${name} is changed on the site.`,
    secret: (name: string) => `The hook ${name} has a new secret.`,
    on: (name: string) => `The hook ${name} is active again.`,
    off: (name: string) => `The hook ${name} is switched off.`,
    removed: (name: string) => `The hook ${name} is deleted.`,
  },
  not: {
    created: (why: string) => `The hook was not made: ${why}`,
    put: (name: string, why: string) => `The hook ${name} was not kept: ${why}`,
    changed: (name: string, why: string) => `The hook ${name} was not changed: ${why}`,
    on: (name: string, why: string) => `The hook ${name} could not be activated: ${why}`,
    off: (name: string, why: string) => `The hook ${name} was not switched off: ${why}`,
    removed: (name: string, why: string) => `The hook ${name} was not deleted: ${why}`,
    tested: (name: string, why: string) => `The hook ${name} could not be tested: ${why}`,
    redelivered: (why: string) => `Nothing was delivered again: ${why}`,
    backfilled: (why: string) => `Nothing was backfilled: ${why}`,
  },
  figures: {
    label: 'Figures',
    answered: 'Answered in, mean',
    answeredSite: (site: string | null) => (site === null ? 'the site has not measured it' : `the site sees ${site}`),
    nothing: '–',
    noneHour: 'no delivery in the past hour',
    deliveries: 'Deliveries, 24 h',
    refused: (n: number) => (n === 0 ? 'none refused' : `${number(n)} refused`),
    last: (moment: string | null) => (moment === null ? 'none yet' : `last at ${moment}`),
    failures: 'Failures to switch-off',
    of: (limit: number) => `of ${number(limit)}`,
    noFailures: 'no failure in 24 h',
    forecast: (failures: number, limit: number, at: string | null) =>
      at === null
        ? `${number(failures)} of ${number(limit)} failures in 24 h; not at this pace`
        : `${number(failures)} of ${number(limit)} failures in 24 h; at this pace it fails around ${at}`,
    pace: (at: string) => `at this pace it fails around ${at}`,
    noPace: 'at this pace it does not fail',
    reached: 'reached: nothing is delivered',
    revived: 'reached before it was activated again',
    untold: 'the site’s record is not known',
    uptime: 'Active, 7 days',
    unknown: 'not known yet',
    uptimeOf: (known: string) => `of ${known} known`,
  },
  days: {
    title: 'Past 30 days',
    label: (active: number, known: number) =>
      `Past 30 days: ${number(active)} of ${plural(known, 'known day', 'known days')} active throughout`,
    unknown: 'nothing known',
    day: (day: string, worst: string, share: string, deliveries: number, refused: number) =>
      `${day}: ${worst} at worst, active ${share} of the time; ${plural(deliveries, 'delivery', 'deliveries')}, ${number(refused)} refused`,
    first: '30 days ago',
    seven: (share: string | null) => (share === null ? '7 days: not known yet' : `7 days: active ${share}`),
    thirty: (share: string | null) => (share === null ? '30 days: not known yet' : `30 days: active ${share}`),
  },
  budget: {
    title: 'Share of the site’s response budget',
    why: 'A site waits one minute a minute for all its hooks together.',
    share: (share: string, seconds: string) => `${share}, ${seconds} of 60 s a minute`,
    unknown: 'Not known yet: nothing was delivered in the past hour.',
    marks: { heavy: '10 % heavy', very: '50 % very heavy', throttled: '100 % throttled' },
    site: (seconds: string) => `budget ${seconds} of 60 s a minute`,
  },
  chart: {
    title: 'Response time and failures, 24 hours',
    none: 'Nothing arrived in the past 24 hours.',
    label: (longest: string, refused: number, failed: number) =>
      `Response times of the past 24 hours: the longest answer took ${longest}; ${plural(refused, 'delivery', 'deliveries')} refused, ${number(failed)} failed by the site’s record.`,
    table: 'As table',
    picture: 'As picture',
    at: (time: string, mean: string, longest: string, deliveries: number, refused: number, failed: number) =>
      `${time} · mean ${mean} · longest ${longest} · ${plural(deliveries, 'delivery', 'deliveries')}${wrong(refused, failed)}`,
    bad: (time: string, refused: number, failed: number) => `${time} · nothing taken${wrong(refused, failed)}`,
    quiet: (time: string) => `${time} · nothing arrived`,
    hint: 'line: mean, faint: longest, red: failed or refused',
    slow: 'slow from 500 ms',
    heads: {
      at: 'Hour',
      mean: 'Mean',
      longest: 'Longest',
      deliveries: 'Deliveries',
      refused: 'Refused',
      failed: 'Failed there',
    },
  },
  about: {
    title: 'What it is',
    address: 'Address on this machine',
    publicAddress: 'Address for the site',
    noPublic: 'No public address is set, so a site on the internet does not reach this hook.',
    setPublic: 'Set one',
    delivers: 'Delivers',
    projects: 'Projects',
    allProjects: 'all',
    projectIds: (ids: string) => `only those with the ids ${ids}`,
    format: 'Format',
    batched: 'batches of up to fifty events',
    single: 'one event a request',
    certificate: 'Certificate',
    checked: 'checked by the site',
    unchecked: 'not checked by the site',
    signature: 'Signature',
    signed: 'every delivery is signed, and verified here',
    shown: 'not signed; every delivery shows a secret in a header, which is checked here',
    strength: 'How strong that is',
    weaknesses: 'What it is worth',
    addressTrouble: 'What is wrong with the address',
    unsigned: 'none: anybody who knows the address can send to it',
    state: 'By the site’s word',
    url: 'The site sends to',
    copy: 'Copy',
    copied: 'Copied',
    copyWhat: (what: string) => `Copy: ${what}`,
    keep: 'Keep or let go',
  },
  says: {
    custom: (event: string) => `the custom event ${event}`,
    filter: (filter: string) => `what passes this filter: ${filter}`,
    created: 'when one is made',
    deleted: 'put in the trash',
    revived: 'taken out of the trash',
    changedAny: 'when any field changes',
    changed: (fields: string) => `when ${fields} changes`,
    or: ' or ',
    and: ', ',
    type: (type: string, moments: string) => `${type}: ${moments}`,
    nothing: 'nothing',
  },
  test: {
    close: 'Close the test',
    sent: {
      title: 'Test',
      asking: 'The site is asked to send a test; waiting until it arrives here …',
      arrived: (took: string | null) => (took === null ? 'The test arrived.' : `The test arrived after ${took}.`),
      notArrived: (why: string) => `The test did not arrive. ${why}`,
      again: 'Test again',
    },
    looked: {
      title: 'Examination',
      asking: 'The site is asked for its webhook …',
      arrived: () => 'Deliveries have arrived.',
      notArrived: () => 'No delivery has arrived yet. Change a status on the site, then examine again.',
      again: 'Examine again',
    },
  },
  deliveries: {
    title: 'Deliveries of the past 7 days',
    why: 'The site’s record beside ours',
    show: { all: 'All', missing: 'Missing here', failed: 'Failed' },
    shown: 'Deliveries shown',
    reading: 'Asking the site for its record',
    again: 'Compare again',
    againWhy: 'Ask the site once more (R)',
    more: (n: number) => `Show ${number(n)} more`,
    siteMore: 'The site has more than were looked at.',
    notRead: (why: string) => `The deliveries could not be compared: ${why}`,
    compared: (at: string) => `Compared at ${at}.`,
    sum: (missing: number, there: number) =>
      missing === 0 && there === 0
        ? 'Both records agree; nothing is missing.'
        : [
            missing === 0 ? 'Nothing is missing here' : `${number(missing)} never arrived, with events not known here`,
            there === 0 ? '' : `${number(there)} arrived and ${there === 1 ? 'is' : 'are'} not in the site’s record`,
          ]
            .filter(Boolean)
            .join('; ') + '.',
    none: {
      all: 'Nothing was delivered in the past 7 days.',
      missing: 'Nothing is missing here.',
      failed: 'No delivery failed.',
    },
    heads: {
      choose: 'All shown',
      at: 'Time',
      events: 'Events',
      site: 'Site says',
      here: 'Here',
      answer: 'Answer',
      acknowledged: 'Acknowledged',
    },
    delivered: 'delivered',
    failed: 'failed',
    noRecord: 'no record',
    notKnown: 'not known',
    received: 'received',
    verdicts,
    noAnswer: (took: string) => `none in ${took}`,
    answer: (code: number, took: string) => `${code} · ${took}`,
    entries: (n: number) => plural(n, 'event', 'events'),
    itself: 'test or state',
    numbers: (list: string) => `Event log entries ${list}`,
    choice: (at: string) => `The delivery of ${at}`,
    chosen: (n: number) => (n === 0 ? 'None chosen' : `${number(n)} chosen`),
    redeliver: (n: number) => (n === 0 ? 'Redeliver' : `Redeliver ${number(n)}`),
    redeliverWhy: 'The site sends the chosen deliveries once more. What is known here is not acted on twice.',
    backfill: (n: number) => (n === 0 ? 'Backfill' : `Backfill ${plural(n, 'event', 'events')}`),
    backfillWhy: 'The events of the chosen deliveries are read from the site’s event log.',
    redelivering: 'Asking the site to send deliveries once more',
    backfilling: 'Reading events from the site’s event log',
    redelivered: (n: number) =>
      n === 0 ? 'The site took none of them.' : `The site sends ${plural(n, 'delivery', 'deliveries')} once more.`,
    backfilled: (fresh: number, known: number, gone: readonly number[]) =>
      [
        `${plural(fresh, 'event is', 'events are')} new here, ${number(known)} ${known === 1 ? 'was' : 'were'} known.`,
        gone.length === 0
          ? ''
          : `The site no longer has ${gone.length > 5 ? plural(gone.length, 'entry', 'entries') : `entry ${gone.join(', ')}`}.`,
      ]
        .filter(Boolean)
        .join(' '),
  },
  log: {
    title: (site: string) => `The log of ${site}`,
    states: logs,
    off: 'Not read. Only hooks bring events of this site; what they miss is missed.',
    live: (at: string | null, every: number) =>
      at === null ? `Read every ${number(every)} s.` : `Everything up to ${at} is read, every ${number(every)} s.`,
    catching: (caught: number, behind: number) => `${number(caught)} read, about ${number(behind)} to go`,
    progress: 'Catching up with the site’s log',
    gaps: (n: number) =>
      n === 0 ? 'no number is missing' : `${plural(n, 'missing number', 'missing numbers')} waited for`,
    position: (n: number | null) => (n === null ? 'nothing read yet' : `up to entry ${n}`),
    readAt: (at: string | null) => (at === null ? 'not read yet' : `read last at ${at}`),
    trouble: 'It cannot be read now.',
    short: (state: LogState, done: number | null, at: string | null) =>
      state === 'catching_up' && done !== null
        ? `catching up, ${done} %`
        : state === 'live'
          ? at === null
            ? 'log live'
            : `log live to ${at}`
          : state === 'off'
            ? 'log off'
            : 'log not read',
  },
  sheet,
} as const;
