import { describe, expect, it } from 'vitest';
import type { TriedChange } from '../api/types/TriedChange';
import { previewOf } from '../dev/notes';
import { liveRules } from '../dev/ruleSets';
import {
  chooseColumn,
  chooseHeader,
  chooseSheet,
  chosenAtFirst,
  columnOf,
  countsOf,
  effectsOf,
  enterable,
  guessColumns,
  letters,
  linesOf,
  newBatch,
  readsNotes,
  share,
} from './preview';

const preview = previewOf({ site: 'studio', source: 'pasted', text: 'x' }, null, false);
const lines = linesOf(preview);

describe('the rows of a preview', () => {
  it('are all there, in the order of the table', () => {
    expect(lines.map((line) => line.row)).toEqual(Array.from({ length: 42 }, (_, i) => i + 2));
    expect(lines.at(-1)).toMatchObject({ fate: 'left_out', preview: null });
    const { changes, nothing, failed, left_out } = countsOf(lines);
    expect(changes + nothing + failed + left_out).toBe(42);
    expect([changes > 0, nothing > 0, failed > 0, left_out]).toEqual([true, true, true, 2]);
  });

  it('are chosen where something follows, and only those found can be', () => {
    const chosen = chosenAtFirst(lines);
    for (const line of lines) expect(chosen.has(line.row)).toBe(line.fate === 'changes');
    expect(lines.filter((line) => line.fate === 'failed').some(enterable)).toBe(false);
    expect(share(lines, chosen)).toBe('some');
    expect(share(lines, new Set())).toBe('none');
    expect(share(lines, new Set(lines.map((line) => line.row)))).toBe('all');
    expect(share([], chosen)).toBe('none');
  });

  it('keep the name as the table has it where nothing was found, and say why', () => {
    for (const line of lines.filter((one) => one.fate === 'failed')) {
      expect(line.name).not.toBe('');
      expect(line.why).not.toBe('');
    }
    for (const line of lines.filter((one) => one.fate === 'changes')) expect(line.why).toBe('');
  });
});

describe('what follows', () => {
  const change = (id: number, cause: TriedChange['cause'], reason: string | null = null): TriedChange => ({
    entity: { type: 'Task', id, name: null },
    from: 'a',
    to: 'b',
    rule: 'r',
    rule_name: 'R',
    cause,
    reason,
  });

  it('hangs beneath its cause', () => {
    const effects = effectsOf({
      changes: [change(0, 'event'), change(1, 'event'), change(2, { change: 0 }), change(3, { change: 2 })],
      skipped: [change(4, { change: 2 }, 'on hold'), change(5, 'event', 'there')],
    });
    expect(effects.map((e) => [e.change.entity.id, e.depth, e.skipped])).toEqual([
      [0, 0, false],
      [2, 1, false],
      [3, 2, false],
      [4, 2, true],
      [1, 0, false],
      [5, 0, true],
    ]);
  });

  it('does not go round in a circle', () => {
    const round = {
      changes: [change(0, { change: 1 }), change(1, { change: 0 }), change(2, { change: 2 })],
      skipped: [],
    };
    expect(effectsOf(round)).toEqual([]);
  });
});

describe('columns', () => {
  it('go by letters for people and by numbers for the engine', () => {
    expect([0, 25, 26, 51, 52, 701, 702].map(letters)).toEqual(['A', 'Z', 'AA', 'AZ', 'BA', 'ZZ', 'AAA']);
    const chosen = chooseColumn({ header_row: 2 }, 'note', 2);
    expect(chosen).toEqual({ header_row: 2, note: '3' });
    expect(columnOf(null, chosen, 'note')).toBe(2);
    expect(columnOf(null, chosen, 'name')).toBeNull();
    expect(columnOf(preview.table, {}, 'note')).toBe(2);
    expect(chooseColumn(chosen, 'note', null)).toEqual({ header_row: 2 });
  });

  it('are found anew in another sheet', () => {
    expect(chooseSheet({ sheet: 'One', note: '3', header_row: 4 }, 'Two')).toEqual({ sheet: 'Two' });
    expect(chooseSheet({ sheet: 'One', note: '3' }, 'One')).toEqual({ sheet: 'One', note: '3' });
    expect(chooseHeader({}, 0)).toEqual({ header_row: 0 });
    expect(chooseHeader({ header_row: 0 }, null)).toEqual({});
  });

  it('of a pasted table are told from its first row', () => {
    expect(guessColumns('\n\nShot\tClient, notes\nx\ty')).toEqual(['Shot', 'Client, notes']);
    expect(guessColumns('"Shot";"Note"')).toEqual(['Shot', 'Note']);
    expect(guessColumns('just words')).toEqual([]);
  });
});

it('one entering is like no other', () => {
  const batches = new Set(Array.from({ length: 100 }, newBatch));
  expect(batches.size).toBe(100);
  for (const batch of batches) expect(batch).toMatch(/^[0-9a-f]{32}$/);
});

it('knows whether any live rule reads notes', () => {
  expect(readsNotes(null)).toBe('no_rules');
  expect(readsNotes(liveRules(null))).toBe('none');
  expect(readsNotes(liveRules('notes'))).toBe('some');
  const live = liveRules('notes');
  const off = {
    ...live,
    document: { ...live.document, rules: live.document.rules.map((r) => ({ ...r, enabled: false })) },
  };
  expect(readsNotes(off)).toBe('none');
});
