import type { AlertKind } from '../api/types/AlertKind';
import { number, plural } from '../frame/format';

const kinds: Record<AlertKind, { name: string; why: string }> = {
  hook_unstable: { name: 'A hook is unstable', why: 'Some of its deliveries failed.' },
  hook_failed: { name: 'A hook has failed', why: 'The site gave it up; nothing comes until it is activated again.' },
  hook_disabled: { name: 'A hook was switched off', why: 'Somebody did it on the site.' },
  hook_deaf: { name: 'A hook is deaf', why: 'The site moves and nothing arrives.' },
  hook_recovered: { name: 'A hook is well again', why: 'It delivers as before.' },
  rule_set_aside: { name: 'A rule is set aside', why: 'It broke, and sets nothing until it is brought back.' },
  write_given_up: { name: 'A write was given up', why: 'The site refused it, or did not answer for too long.' },
  conflict: { name: 'Rules contradict each other', why: 'Two want the same status differently; nothing is set.' },
  approvals: { name: 'Changes wait for you', why: 'Their site or project asks first.' },
  site: { name: 'A site hides something', why: 'What rules need to see cannot be read.' },
  mail: { name: 'Mail does not go out', why: 'The studio is not told by mail while this lasts.' },
  outgoing: { name: 'Somebody cannot be told', why: 'Messages for another address wait.' },
  journal: { name: 'The journal could not be tidied', why: 'Old events stay in it, and it goes on growing.' },
  digest: { name: 'A digest after quiet hours', why: 'What happened meanwhile, in one notification.' },
};

/** Words of the preferences. */
export const preferences = {
  name: 'Preferences',
  open: 'Preferences (,)',
  loading: 'Reading the preferences',
  broken: 'The preferences could not be read',
  retry: 'Try again',
  close: 'Close',
  saving: 'Saving …',
  saved: 'Saved',
  notSaved: (why: string) => `This was not saved: ${why}`,
  notHere: (why: string) => `This computer did not take it: ${why}`,
  told: {
    title: 'Notifications',
    why: 'Each tells of a change once, with what to do. Issues stand in their list whether they are notified or not.',
    others: 'Others to tell …',
    othersWhy: 'By signed webhooks: the studio’s tools, or people who live elsewhere.',
  },
  groups: { hooks: 'Hooks', work: 'Rules and changes', rest: 'Everything else' },
  kinds,
  quiet: {
    title: 'Quiet hours',
    on: 'Keep quiet at certain hours',
    why: 'Nothing is notified then. What happened meanwhile comes in one digest afterwards.',
    from: 'From',
    until: 'Until',
    weekends: 'All of Saturday and Sunday too',
    noTime: 'A time is written as 19:00.',
    same: 'These are the same time.',
    says: (from: string, until: string, next: boolean, weekends: boolean, digest: boolean) =>
      `Quiet from ${from} until ${until}${next ? ' of the next day' : ''}${weekends ? ', and on weekends' : ''}. ` +
      (digest ? 'A digest comes when they end.' : 'No digest comes: it is switched off above.'),
  },
  keep: {
    title: 'What is kept',
    why: 'Callboard’s journal holds every event with what followed from it. Nothing on a site is ever deleted.',
    never:
      'What is unfinished never goes (changes that wait, are held or are on their way), nor do the past eight days.',
    days: 'Let old events go',
    daysWhy: 'Events older than this many days.',
    daysLabel: 'Days',
    daysBad: (least: number) => `A whole number of days, ${least} or more.`,
    megabytes: 'Keep the journal small',
    megabytesWhy: 'Above this size in megabytes, the oldest events go first.',
    megabytesLabel: 'Megabytes',
    megabytesBad: (least: number) => `A whole number of megabytes, ${least} or more.`,
    says: (days: number | null, megabytes: number | null) =>
      days === null && megabytes === null
        ? 'Everything is kept for ever.'
        : `Kept: ${[
            ...(days === null ? [] : [`the last ${plural(days, 'day', 'days')}`]),
            ...(megabytes === null ? [] : [`up to ${number(megabytes)} MB`]),
          ].join(', ')}.`,
    apply: 'Keep less …',
    sure: 'Let them go for good',
    applyWhy: 'What is older or too much goes from the journal and does not come back.',
    cancel: 'Keep them',
    working: 'Saving …',
  },
  here: {
    title: 'This computer',
    login: 'Start Callboard when you log in',
    loginWhy: 'It begins without its window. Open it from the icon in the panel, or by starting Callboard.',
  },
  look: { title: 'Look and language', theme: 'Theme' },
} as const;
