import { describe, expect, it } from 'vitest';
import type { Change } from '../api/types/Change';
import type { FeedRow } from '../api/types/FeedRow';
import { rowAt } from '../dev/rows';
import { time } from '../frame/format';
import { pretty } from './payload';
import { trailOf } from './trail';
import { eventWords, fieldName, happened, nameOf, quietOutcome, verdictOf } from './wording';
import { neighbour, withDays } from './items';
import { matches, ANY } from './filter';

const scene = { long: false, now: Date.UTC(2026, 10, 20, 14), newest: 500, pace: 60_000 };
const shot = { type: 'Shot', id: 1, name: 'SQ010_0020' };

describe('names', () => {
  it('are bold where they differ from their parent', () => {
    expect(nameOf({ type: 'Version', id: 2, name: 'SQ010_0020_comp_v003' }, shot)).toEqual({
      quiet: 'SQ010_0020',
      bold: '_comp_v003',
    });
    expect(nameOf({ type: 'Task', id: 2, name: 'Composite' }, shot)).toEqual({
      quiet: 'SQ010_0020 ',
      bold: 'Composite',
    });
    expect(nameOf({ type: 'Task', id: 7, name: null }, null)).toEqual({ quiet: '', bold: 'Task 7' });
  });

  it('of fields and events are words', () => {
    expect(fieldName('sg_cut_in')).toBe('cut in');
    expect(fieldName(null)).toBe('a field');
    expect(eventWords('Shotgun_User_Login')).toBe('User Login');
  });
});

describe('what happened', () => {
  const row = rowAt(1, scene);

  it('is pills for a status and words for anything else', () => {
    expect(happened({ ...row, operation: 'update', is_status: true, old: 'a', new: '' })).toEqual({
      kind: 'status',
      from: 'a',
      to: null,
    });
    expect(happened({ ...row, operation: 'update', is_status: false, field: 'sg_x', old: 1, new: 2 })).toEqual({
      kind: 'field',
      field: 'x',
      from: '1',
      to: '2',
    });
    expect(
      happened({ ...row, operation: 'update', is_status: false, field: 'd', old: null, new: 'x'.repeat(200) }),
    ).toMatchObject({ to: null });
    expect(happened({ ...row, operation: 'update', field: 'status', is_status: true, old: null, new: 'Done' })).toEqual(
      {
        kind: 'status',
        from: null,
        to: 'Done',
        unsaid: true,
      },
    );
    const told = { ...row, operation: 'update' as const, is_status: false, old: null };
    expect(happened({ ...told, field: 'Action', new: 'LocationChanged' })).toEqual({
      kind: 'words',
      text: 'location changed',
    });
    const id = '0b0b8e1c-8d2e-11f0-9d6a-0242ac110002';
    expect(happened({ ...told, field: 'type_id', new: id })).toEqual({
      kind: 'field',
      field: 'type',
      from: null,
      to: null,
    });
    expect(happened({ ...row, operation: 'delete' })).toEqual({ kind: 'words', text: 'put in the trash' });
    expect(
      happened({ ...row, operation: 'hook_status', hook_word: { status: 'active', previous: 'unstable' } }),
    ).toMatchObject({
      kind: 'hook',
      to: 'active',
    });
  });
});

describe('a note', () => {
  const row = {
    ...rowAt(1, scene),
    operation: 'note' as const,
    is_status: false,
    note: 'Looks good,\n final! ',
    road: 'hand' as const,
    by_hand: { entered_by: 'Mara', source: 'pasted', row: 7 },
  };

  it('is quoted in one line, or told to be one before it has been read', () => {
    expect(happened(row)).toEqual({ kind: 'note', text: 'Looks good, final!' });
    expect(happened({ ...row, note: null })).toEqual({ kind: 'words', text: 'a note was written' });
    expect(happened({ ...row, note: ' ' })).toMatchObject({ kind: 'words' });
  });

  it('says why nothing follows, and in the drawer who entered it', () => {
    expect(quietOutcome({ ...row, outcome: 'nothing', why: 'No rule knows these words', cascade: null })?.words).toBe(
      'no rule knows these words',
    );
    const [arrival] = trailOf(row, null);
    expect(arrival).toMatchObject({ title: 'Entered by hand' });
    expect(arrival?.sentences[0]).toBe('Entered by Mara from a pasted table, row 7.');
  });
});

describe('the trail while the journal is asked', () => {
  const row = Array.from({ length: 400 }, (_, i) => rowAt(i + 1, scene)).find(
    (one) => one.road === 'hook' && one.cascade?.changes.length === 1,
  )!;
  const [change] = row.cascade!.changes;
  const delivery = { seq: 1, hook: 'review', received_at: row.received_at, verdict: 'good', headers: [], bytes: 9 };
  const rules = [{ id: change!.rule, name: change!.rule_name, sentence: 'When a Version becomes rev.' }];

  it('keeps the lines that are still to come, so that nothing moves when they do', () => {
    const lines = (known: Parameters<typeof trailOf>[1]) =>
      trailOf(row, known).map((step) => step.sentences.length + (step.awaited ? 1 : 0));
    expect(lines(null)).toEqual(lines({ rules, delivery }));
    expect(trailOf(row, { rules: [], delivery: null }).some((step) => step.awaited)).toBe(false);
  });
});

describe('a change held by a pause', () => {
  const held = Array.from({ length: 400 }, (_, i) => rowAt(i + 1, { ...scene, paused: { by: 'Mara', since: 0 } })).find(
    (row) => row.cascade?.changes.some((change) => change.skip === 'paused'),
  )!;

  it('says so in its row and in the drawer, and not that people won', () => {
    const change = held.cascade!.changes.find((one) => one.skip === 'paused')!;
    expect(verdictOf([change], held.received_at)).toMatchObject({
      mark: 'held',
      words: 'held: writing is paused by Mara',
    });
    expect(trailOf(held, null).at(-1)).toMatchObject({ title: 'Held back: writing is paused' });
  });

  it('is told apart from what a site does not allow', () => {
    const changes = held.cascade!.changes.map((change) => ({
      ...change,
      skip: 'not_allowed' as const,
      reason: 'studio is watch only: nothing is written there',
    }));
    const last = trailOf({ ...held, why: null, cascade: { ...held.cascade!, changes } }, null).at(-1);
    expect(last).toMatchObject({
      title: 'Not written',
      sentences: ['Studio is watch only: nothing is written there.'],
    });
  });
});

describe('the list', () => {
  const rows = Array.from({ length: 5 }, (_, i) => ({
    ...rowAt(500 - i, scene),
    occurred_at: `2026-11-${20 - Math.floor(i / 2)}T12:00:00Z`,
  }));

  it('has a divider before each day', () => {
    expect(withDays(rows).map((item) => item.kind)).toEqual(['day', 'row', 'row', 'day', 'row', 'row', 'day', 'row']);
  });

  it('is walked within its ends', () => {
    expect(neighbour(rows, null, 1)).toBe(500);
    expect(neighbour(rows, 500, 1)).toBe(499);
    expect(neighbour(rows, 496, 5)).toBe(496);
    expect(neighbour([], null, 1)).toBeNull();
  });

  it('is filtered by type, project and outcome', () => {
    const row = { ...rows[0]!, entity: shot, outcome: 'failed' as const };
    expect(matches(ANY, row)).toBe(true);
    expect(matches({ ...ANY, entity_types: ['Task'] }, row)).toBe(false);
    expect(matches({ ...ANY, entity_types: ['Shot'], outcomes: ['failed', 'skipped'] }, row)).toBe(true);
    expect(matches({ ...ANY, projects: ['Elsewhere'] }, row)).toBe(false);
  });
});

function shownOf(payload: string): string {
  return pretty(payload)!
    .map((line) => line.map((piece) => piece.text).join(''))
    .join('\n');
}

describe('a payload', () => {
  it('is pretty, with the old and the new value marked', () => {
    const marks = pretty('{"meta":{"old_value":"rev","new_value":"apv"},"n":1}')!
      .flat()
      .filter((piece) => piece.mark);
    expect(marks).toEqual([
      { text: '"rev"', tone: 'text', mark: 'old' },
      { text: '"apv"', tone: 'text', mark: 'new' },
    ]);
  });

  it('that is not JSON is left as it is', () => {
    expect(pretty('<html>')).toBeNull();
  });

  it('loses nothing but space', () => {
    const text = JSON.stringify({ a: ['x: "y"', { 'k": ': null }], b: -1.5, c: {} });
    const shown = pretty(text)!
      .map((line) => line.map((piece) => piece.text).join(''))
      .join('\n');
    expect(JSON.stringify(JSON.parse(shown))).toBe(text);
    expect(shown).toBe(JSON.stringify(JSON.parse(text), null, 2));
  });

  it('keeps what a reader of JSON would lose or change', () => {
    const told = shownOf('{"id":9007199254740993,"a":1,"a":2,"n":1e999,"__proto__":{"x":1},"constructor":[]}');
    expect(told.split('\n').map((line) => line.trim())).toEqual([
      '{',
      '"id": 9007199254740993,',
      '"a": 1,',
      '"a": 2,',
      '"n": 1e999,',
      '"__proto__": {',
      '"x": 1',
      '},',
      '"constructor": []',
      '}',
    ]);
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });

  it('shows what is not seen, and what turns the order of reading', () => {
    const told = shownOf(JSON.stringify({ a: 'x\u202eexe\u200bz\u0000\ud800é' }));
    expect(told).toContain('"x\\u202eexe\\u200bz\\u0000\\ud800é"');
  });

  it.each([
    ['a megabyte of brackets', `${'[['.repeat(250_000)}${']]'.repeat(250_000)}`],
    ['ten million digits', `[${'9'.repeat(10_000_000)}]`],
    ['a hundred thousand keys', `{${[...Array(100_000).keys()].map((n) => `"k${n}":${n}`).join(',')}}`],
  ])('of %s is shown as far as anybody reads', (_, payload) => {
    const shown = pretty(payload);
    if (shown) expect(shown.flat().reduce((n, piece) => n + piece.text.length, 0)).toBeLessThanOrEqual(60_000);
  });
});

describe('a change of a site that asks first', () => {
  const row = [...Array(400).keys()].map((seq) => rowAt(seq + 1, scene)).find((one) => one.cascade)!;
  const became = (over: Partial<Change>) => {
    const changes = row.cascade!.changes.map((one) => ({ ...one, ...over }));
    return { ...row, cascade: { ...row.cascade!, changes } };
  };
  const last = (over: Partial<Change>, outcome: FeedRow['outcome'] = 'skipped') =>
    trailOf({ ...became(over), outcome }, null).at(-1)!;
  const words = (over: Partial<Change>) => verdictOf([became(over).cascade.changes[0]!], row.received_at);

  it('waits, and does not look as if it had gone wrong', () => {
    const waits = { state: 'skipped', skip: 'asks', reason: 'studio asks first: it waits for a person' } as const;
    expect(words(waits)).toEqual({ mark: 'asks', words: 'waits for you', time: '' });
    expect(last(waits)).toMatchObject({ tone: 'open', title: 'Waits for you' });
  });

  it('says that it was declined or passed over, and why', () => {
    const declined = { state: 'skipped', skip: 'declined', reason: 'Mara declined it: not now' } as const;
    expect(words(declined).words).toBe('declined: Mara declined it: not now');
    expect(last(declined)).toMatchObject({ title: 'Declined', sentences: ['Mara declined it: not now.'] });
    expect(last({ state: 'skipped', skip: 'replaced', reason: 'x' }).title).toBe('Passed over');
  });

  it('says who undid it, and when by the clock of the place', () => {
    const settled_at = '2026-11-20T14:05:06.000Z';
    const undone = { state: 'undone', reason: 'Mara Lindqvist undid it at 2026-11-20 14:05 UTC', settled_at } as const;
    expect(words(undone)).toEqual({
      mark: 'undone',
      words: 'undone by Mara Lindqvist',
      time: time(new Date(settled_at)),
    });
    expect(words({ ...undone, reason: 'It was set back' }).words).toBe('undone: it was set back');
    expect(last(undone, 'changed')).toMatchObject({ tone: 'warn', title: 'Undone' });
  });
});
