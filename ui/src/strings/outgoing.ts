import type { AlertKind } from '../api/types/AlertKind';
import { number, plural } from '../frame/format';
import type { ChangeWord } from '../outgoing/entry';

const changes: Record<ChangeWord, { name: string; why: string }> = {
  would_set: { name: 'A rule would set something', why: 'Where nothing is written: their tools can do it themselves.' },
  confirmed: { name: 'A change was made', why: 'It was written, and read back.' },
  failed: { name: 'A change failed', why: 'The site refused it, or did not answer for too long.' },
};

/** Changes and kinds of alerts as parts of a sentence. */
const changeNames: Record<ChangeWord, string> = {
  would_set: 'what rules would set',
  confirmed: 'changes that were made',
  failed: 'changes that failed',
};

const alertNames: Record<AlertKind, string> = {
  hook_unstable: 'unstable hooks',
  hook_failed: 'failed hooks',
  hook_disabled: 'hooks that were switched off',
  hook_deaf: 'deaf hooks',
  hook_recovered: 'hooks that are well again',
  rule_set_aside: 'rules that are set aside',
  write_given_up: 'writes that were given up',
  conflict: 'rules that contradict each other',
  approvals: 'changes that wait for a person',
  digest: 'digests after quiet hours',
  mail: 'mail that does not go out',
  outgoing: 'others who cannot be told',
  site: 'sites that hide something',
  journal: 'the journal',
};

/** Words of the sheet in which others are told. */
export const outgoing = {
  name: 'Others to tell',
  open: 'Others to tell (6)',
  close: 'Close',
  loading: 'Reading who is told',
  broken: 'Who is told could not be read',
  retry: 'Try again',
  old: (why: string) => `This is not fresh: ${why}`,
  empty: 'Nobody else is told',
  emptyWhy: [
    'Callboard can tell another address of what happens: what a rule would set, what was changed, what needs a person. Each message is a signed webhook.',
    'So the studio’s own tools can act where Callboard may not write, as in Creative Force, and people who live elsewhere, in a chat or on another floor, hear of it.',
  ],
  why: 'Each is told by a signed webhook (Standard Webhooks). What does not arrive is sent again until it does.',
  list: 'Who is told',
  add: 'Tell somebody …',
  ofAll: 'Told of everything.',
  of: (what: string) => `Told of ${what}.`,
  changes,
  changeNames,
  alertNames,
  waitsNone: 'nothing waits',
  waits: (n: number, since: string | null) =>
    `${plural(n, 'message waits', 'messages wait')}${since === null ? '' : `, the oldest since ${since}`}`,
  secret: 'Secret',
  secretMade: 'A secret was made.',
  secretMadeWhy: 'Enter it on the other side now: it is not shown again.',
  test: 'Send a test',
  testing: 'Sending …',
  testWhy: 'Send one message now and see what is answered',
  arrived: (status: number | null) =>
    status === null ? 'The test was taken.' : `The test was taken: the answer was ${status}.`,
  notArrived: (why: string) => `The test was not taken. ${why}`,
  noWhy: 'Nothing was answered',
  change: 'Change …',
  remove: 'Remove …',
  removeSure: 'Remove for good',
  removeWhy: (waiting: number) =>
    waiting === 0
      ? 'It is told nothing more.'
      : `It is told nothing more, and ${waiting === 1 ? 'the message that waits goes' : `the ${number(waiting)} messages that wait go`} too.`,
  not: {
    kept: (name: string, why: string) => `${name} was not kept: ${why}`,
    removed: (name: string, why: string) => `${name} was not removed: ${why}`,
    tested: (name: string, why: string) => `No test was sent to ${name}: ${why}`,
  },
  sheet: {
    fresh: 'Tell somebody',
    change: (name: string) => `Change ${name}`,
    name: 'Name',
    nameWhy: 'How Callboard calls it: letters, digits, - and _.',
    nameBad: 'Only letters, digits, - and _, up to 64.',
    nameTaken: 'Somebody of that name is told already.',
    url: 'Address',
    urlHint: 'https://tools.studio.example/callboard',
    urlWhy: 'Where the messages are sent.',
    urlBad: 'An address begins with https:// and names a host, without name and password.',
    urlPlain: 'Over http:// anybody on the way can read what is told. Use https:// unless it is on this computer.',
    of: 'Told of what',
    all: 'Everything',
    allWhy: 'Also what later versions tell of.',
    some: 'Only some',
    someWhy: 'Chosen one by one.',
    onNone: 'Choose at least one thing to tell of.',
    changes: 'Changes',
    made: 'Made for it',
    madeWhy: 'It is shown once, to be entered on the other side.',
    kept: 'As it is',
    keptWhy: 'The one that is kept stays.',
    own: 'Entered',
    ownWhy: 'One that the other side gave.',
    ownLabel: 'The secret of the other side',
    secretBad: 'It begins with whsec_, with 24 to 64 bytes in Base64 after it.',
    keep: 'Keep',
    keeping: 'Keeping …',
    cancel: 'Cancel',
    keys: 'Ctrl+Enter',
  },
} as const;
