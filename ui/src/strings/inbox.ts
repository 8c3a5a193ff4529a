import { number, plural } from '../frame/format';

/** Words of the inbox: what waits for a person where a site asks first. */
export const inbox = {
  title: (n: number) =>
    n === 0 ? 'Nothing waits for you' : n === 1 ? '1 change waits for you' : `${number(n)} changes wait for you`,
  name: 'What waits for you',
  quiet: (n: number) => `${number(n)} waiting for you`,
  short: (n: number) => `${number(n)} for you`,
  quietWhy: (n: number) =>
    `${n === 1 ? 'A change waits' : `${number(n)} changes wait`} until somebody accepts or declines ${n === 1 ? 'it' : 'them'} (I)`,
  why: 'Their site asks before anything is written. What is accepted is read once more and written, unless somebody has set it otherwise meanwhile.',
  list: 'What waits, by the event that it follows from',
  loading: 'Reading what waits …',
  broken: (why: string) => `What waits could not be read: ${why}`,
  again: 'Read again',
  empty: 'All is decided',
  emptyWhy: 'When a rule sets something on a site that asks first, it waits here until you accept or decline it.',
  all: 'All',
  chooseAll: (n: number) => (n === 1 ? 'Choose it' : `Choose all ${number(n)}`),
  from: (changes: number, events: number) =>
    `${plural(changes, 'change', 'changes')} after ${plural(events, 'event', 'events')}`,
  somebody: 'Somebody',
  did: (who: string, when: string) => `${who}, ${when}`,
  see: 'Show the event',
  seeRule: (rule: string) => `Show the rule “${rule}”`,
  follows: 'follows from the one above',
  choose: (entity: string, from: string, to: string, rule: string) => `${entity}: ${from} becomes ${to}, by “${rule}”`,
  field: (entity: string, field: string, to: string, rule: string) => `${entity}: ${field} becomes ${to}, by “${rule}”`,
  accept: 'Accept',
  decline: 'Decline',
  acceptThese: (n: number) => (n === 0 ? 'Accept' : `Accept ${number(n)}`),
  declineThese: (n: number) => (n === 0 ? 'Decline' : `Decline ${number(n)}`),
  acceptOne: (entity: string) => `Accept: ${entity}`,
  declineOne: (entity: string) => `Decline: ${entity}`,
  acceptWhy: 'What is chosen is written now, with what it follows from (A, or Ctrl+Enter)',
  declineWhy: 'What is chosen is not written, nor what follows from it (D)',
  differ: (accepted: number, declined: number) =>
    `What is declined takes out what follows from it: ${declined - accepted === 1 ? 'one more' : `${number(declined - accepted)} more`}.`,
  chooseFirst: 'Choose at least one change.',
  accepting: 'Accepting …',
  declining: 'Declining …',
  whyNot: 'Why, for the others (optional)',
  leave: 'Leave it',
  notAccepted: (why: string) => `Nothing was accepted: ${why}`,
  notDeclined: (why: string) => `Nothing was declined: ${why}`,
  close: 'Close',
  became: 'What became of it',
  becoming: (n: number) => `${plural(n, 'accepted change is', 'accepted changes are')} being written.`,
  written: (n: number) => `${plural(n, 'accepted change is', 'accepted changes are')} written.`,
  declined: (n: number) => `${plural(n, 'change is', 'changes are')} declined. Nothing was written.`,
  otherwise: (n: number) => `${plural(n, 'change', 'changes')} came out otherwise:`,
  more: (n: number) => `And ${number(n)} more; the feed says what became of each.`,
  gone: (n: number) =>
    n === 1
      ? 'One more does not wait any longer: somebody else decided it, or a later change took its place.'
      : `${number(n)} more do not wait any longer: somebody else decided them, or later changes took their place.`,
};
