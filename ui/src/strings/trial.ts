import type { ActorKind } from '../api/types/ActorKind';
import { number, plural } from '../frame/format';

/** Words of trying rules: one event through the picture, and past days through the draft. */
export const trial = {
  noRules: 'There are no rules to try yet.',
  selectRule: (name: string) => `Select the rule “${name}”`,
  newer: 'Newer events came in: show them',
  try: {
    title: 'Try it',
    why: 'Sends one event through these rules as they stand. Nothing is written.',
    modes: 'Which event',
    recorded: 'A recent event',
    madeUp: 'Make one up',
    search: 'Search all events',
    clear: 'Clear the search',
    events: 'Recent events',
    loading: 'Reading the events …',
    none: 'No events yet. Make one up instead.',
    noneFound: (text: string) => `No event has “${text}” in it. Try fewer or other words.`,
    older: 'Older events',
    broken: (why: string) => `The events could not be read: ${why}`,
    again: 'Read again',
    other: 'Another event',
    keep: 'Keep this one',
    somebody: 'somebody',
    by: (who: string) => `by ${who}`,
    notTried: (why: string) => `It could not be tried: ${why}`,
    sayFirst: 'Say whose status becomes what to see where these rules take it.',
    noteFirst: 'Say who gets the note to see where these rules take it.',
    whoseFirst: 'Say to what it happens to see where these rules take it.',
    fieldFirst: 'Say which field changes to see where these rules take it.',
    trying: 'Trying …',
  },
  made: {
    label: 'The made-up event',
    what: 'What happens',
    happenings: {
      status: 'Its status changes',
      created: 'It is created',
      note_added: 'It gets a note',
      field: 'Another field changes',
      deleted: 'It is put in the trash',
      revived: 'It comes out of the trash',
    },
    whose: 'To what',
    whoseHint: 'A name, or a type and an id: Task 5055',
    whoseNone: 'Nothing of that name in recent events. Give a type and an id: Task 5055',
    byId: 'by its id',
    in: (parent: string) => `in ${parent}`,
    to: 'It becomes',
    created: 'Created as',
    choose: 'Choose a status',
    asIs: 'As it is now',
    noStatus: 'No status',
    code: 'Code of the status',
    field: 'Field',
    fieldHint: 'sg_delivery_type',
    value: 'New value',
    valueHint: 'Empty: cleared',
    text: 'What the note says',
    textHint: 'Looks final, thank you',
    by: 'Who does it',
    people: { person: 'A person', client: 'A client', script: 'A script', other: 'Somebody else' } as Record<
      ActorKind,
      string
    >,
  },
  way: {
    title: 'Its way',
    place: (n: number, of: number) => `Stop ${n} of ${of}`,
    goTo: (n: number) => `Show the way as far as stop ${n}`,
    previous: 'Previous stop',
    next: 'Next stop',
    play: 'Play the way',
    pause: 'Stop playing',
    player: 'Follow the event',
    keys: 'Arrow keys go from stop to stop',
    created: 'is created',
    createdAs: 'is created as',
    noted: 'gets a note',
    deleted: 'is put in the trash',
    revived: 'comes out of the trash',
    custom: 'has an event of its own',
    field: (field: string, to: string | null) => (to === null ? `${field} is cleared` : `${field} becomes “${to}”`),
    by: 'by',
    matched: 'Matched',
    leads: (numbers: string, one: boolean) =>
      one ? `Matched, leads to stop ${numbers}` : `Matched, leads to stops ${numbers}`,
    nothingOfIt: 'Matched, sets nothing',
    left: (entity: string) => `Would set ${entity} to`,
    leftField: (entity: string, field: string, to: string | null) =>
      to === null ? `Would clear ${field} of ${entity}.` : `Would set ${field} of ${entity} to “${to}”.`,
    whyNot: (n: number) => `Why not: ${plural(n, 'rule', 'rules')}`,
    filter: 'Find a rule',
    filterNone: 'None of them has these words.',
    nothing: 'These rules do nothing with it.',
    nothingNew: 'These rules match and change nothing.',
    handsOver: (site: string, type: string, field: string | null, key: string) =>
      `would hand over to ${site}, for the ${type} ${field === null ? 'called' : `whose ${field} is`} ${key}.`,
    handsOverNothing: (site: string, field: string | null) =>
      `would hand over to ${site}, and it has no ${field ?? 'name'} to be found by.`,
    nearest: 'These came nearest',
    noneOn: 'No rule is switched on.',
    unknown: (names: string) =>
      `The journal does not know ${names} of that time, so rules that ask about it could not be decided.`,
  },
  whatIf: {
    title: 'What if',
    why: 'Runs past events through these rules and compares with what the live rules did and with what people did afterwards. Nothing is written.',
    span: 'Which days',
    days: { 1: '1 day', 7: '7 days', 30: '30 days' } as Record<number, string>,
    all: 'All',
    dates: 'Dates …',
    firstDay: 'First day',
    lastDay: 'Last day',
    noSpan: 'Give a first day that is not after the last.',
    run: 'Run',
    again: 'Run again',
    cancel: 'Cancel',
    beginning: 'Reading what stood where …',
    progress: (events: number, of: number) => `${number(events)} of ${plural(of, 'event', 'events')}`,
    progressLabel: 'How far the run is',
    failed: (why: string) => `The run broke off: ${why}`,
    lost: 'The line to the engine broke, and the end of the run was missed. Run it again.',
    cancelled: (events: number, of: number) =>
      of === 0
        ? 'Cancelled before the first event.'
        : `Cancelled after ${number(events)} of ${plural(of, 'event', 'events')}. What was found until then stands below.`,
    brokeAfter: 'What was found until then stands below.',
    stale: 'The rules were edited since. These results are of the rules as they were.',
    holes: 'Part of the list was lost on the way to this window. The figures above count everything.',
    more: (listed: number, of: number) =>
      `The list holds the first ${number(listed)} of ${number(of)}. Choose fewer days to see all of them.`,
    noEvents: 'No events came in on these days.',
    nothing: 'Nothing would differ',
    nothingSame: (same: number, events: number) =>
      `In ${plural(events, 'event', 'events')} these rules make ${same === 1 ? 'the one change' : `all ${number(same)} changes`} that the live rules made, and no other.`,
    nothingAtAll: (events: number) =>
      `In ${plural(events, 'event', 'events')} neither the live rules nor these would set anything.`,
    differ: (n: number) => `${plural(n, 'change', 'changes')} would come out differently`,
    differIn: (events: number) => `in ${plural(events, 'event', 'events')}`,
    would: (n: number) => `These rules would act on ${plural(n, 'event', 'events')}.`,
    same: (n: number) =>
      n === 1 ? 'One change would be the same as now.' : `${number(n)} changes would be the same as now.`,
    people: (draft: number, live: number, neither: number) =>
      draft + live === 0
        ? neither === 0
          ? 'No person set any of them by hand afterwards.'
          : `What people did by hand afterwards, ${times(neither)}, bears out neither.`
        : `What people did by hand afterwards bears out these rules ${times(draft)} and the live rules ${times(live)}.`,
    takenBack: (n: number) =>
      `${plural(n, 'change', 'changes')} that both rules make ${n === 1 ? 'was' : 'were'} taken back by a person: both may be wrong there.`,
    doneByHand: (n: number) =>
      `${plural(n, 'change', 'changes')} that both rules make ${n === 1 ? 'was' : 'were'} not written, and a person made ${n === 1 ? 'it' : 'them'} by hand: both are right there.`,
    further: 'More about the run',
    unknown: (n: number) =>
      `For ${plural(n, 'event', 'events')} the journal knows less than the rules ask. What they would do there is a guess.`,
    shows: {
      all: 'All',
      draft: 'Agree',
      live: 'Disagree',
      neither: 'Neither',
      guess: 'Guesses',
    },
    showsWhy: {
      all: 'Every difference',
      draft: 'Where a person then did what these rules would have done',
      live: 'Where a person then did what the live rules did',
      neither: 'Where a person then did something else',
      guess: 'Where the journal knows less than the rules ask',
    },
    showsLabel: 'Which differences',
    list: 'What would differ, by Shot',
    count: (n: number) => plural(n, 'difference', 'differences'),
    noGroup: 'Belongs to no known Shot',
    from: 'was',
    live: 'live',
    draft: 'draft',
    liveWhy: 'What the live rules made of it',
    draftWhy: 'What these rules would make of it',
    leaves: 'leave it',
    byHand: (who: string) => `${who} then set it to`,
    somebody: 'somebody',
    agrees: {
      draft: 'as the draft would',
      live: 'as the live rules did',
      neither: 'as neither would',
    },
    guess: 'a guess',
    guessWhy: 'The journal does not know all that the rules ask about that time.',
    tryEvent: 'Try this event',
    fold: (name: string) => `Fold ${name}`,
    unfold: (name: string) => `Unfold ${name}`,
  },
};

function times(n: number): string {
  return n === 0 ? 'never' : n === 1 ? 'once' : n === 2 ? 'twice' : `${number(n)} times`;
}
