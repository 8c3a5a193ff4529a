import { describe, expect, it } from 'vitest';
import type { Rule } from '../../api/types/Rule';
import type { RuleSet } from '../../api/types/RuleSet';
import { pictureOf, pillId, type Picture } from '../picture';
import {
  cellWords,
  firstPair,
  likelyPair,
  linkEntry,
  markOf,
  matrixOf,
  pairOf,
  pairsOf,
  type Matrix,
  type Row,
} from './matrix';

const status = (code: string, name: string, group = '') => ({ code, name, group, color: '#123456' });

const CHECK: Rule = {
  id: 'check',
  name: 'Check',
  when: { entity: 'Version', becomes: ['cnv', 'bkdn'] },
  then: { set: 'task', to: ['cnv'] },
};

function setOf(rules: Rule[], statuses: RuleSet['statuses'] = STATUSES): RuleSet {
  return { callboard: 1, name: 'Some', statuses, rules };
}

const STATUSES: RuleSet['statuses'] = {
  task: [status('wtg', 'Waiting', 'Early'), status('cnv', 'Check New Version', 'Late')],
  version: [
    status('cnv', 'Check New Version', 'Review'),
    status('bkdn', 'BKD Note', 'Review'),
    status('apv', 'Approved'),
  ],
};

const VERSION_TASK = { from: 'Version', to: 'Task' };

function rowOf(matrix: Matrix, id: string): Row {
  const row = matrix.rows.flatMap((band) => band.of).find((one) => one.id === id);
  if (!row) throw new Error(`no row ${id}`);
  return row;
}

function wordsAt(picture: Picture, from: string, to: string, pair = VERSION_TASK): string {
  const matrix = matrixOf(picture, pair);
  const pill = picture.pills.get(to)!;
  return cellWords(rowOf(matrix, from), pill, pair, matrix.links.get(`${from}>${to}`));
}

describe('the mapping', () => {
  it('has the statuses of one column as rows and of the other as columns, in their order and groups', () => {
    const matrix = matrixOf(pictureOf(setOf([CHECK])), VERSION_TASK);
    expect(matrix.rows.map((band) => [band.name, band.of.map((row) => row.id)])).toEqual([
      ['Version, whatever its status', ['Version+']],
      ['Review', ['Version:cnv', 'Version:bkdn']],
      ['in no group', ['Version:apv']],
    ]);
    expect(matrix.columns.map((band) => [band.name, band.of.map((pill) => pill.code)])).toEqual([
      ['Early', ['wtg']],
      ['Late', ['cnv']],
    ]);
  });

  it('has a link in every cell that a rule draws, and in no other', () => {
    const matrix = matrixOf(pictureOf(setOf([CHECK])), VERSION_TASK);
    expect([...matrix.links.keys()]).toEqual(['Version:cnv>Task:cnv', 'Version:bkdn>Task:cnv']);
  });

  it('leaves parked statuses out', () => {
    const site = { Task: [{ code: 'hld', name: 'On Hold', color: null }] };
    const matrix = matrixOf(pictureOf(setOf([]), site), VERSION_TASK);
    expect(matrix.columns.flatMap((band) => band.of).map((pill) => pill.code)).toEqual(['wtg', 'cnv']);
  });

  it('has a row for what begins without a status, in the cells that its rules set', () => {
    const noted: Rule = {
      id: 'noted',
      name: 'Noted',
      when: { entity: 'Version', on: ['note_added'] },
      if: { text: ['final'] },
      then: { set: 'itself', to: ['apv'] },
    };
    const pair = { from: 'Version', to: 'Version' };
    const matrix = matrixOf(pictureOf(setOf([noted])), pair);
    expect(matrix.rows[0]?.of.map((row) => row.name)).toEqual(['created', 'gets a note']);
    const row = matrix.rows[0]!.of[1]!;
    expect(matrix.links.get(`${row.id}>Version:apv`)?.rules).toEqual([noted]);
  });

  it('shows statuses that only rules name', () => {
    const odd = { ...CHECK, then: { ...CHECK.then, to: ['odd'] } };
    const { columns } = matrixOf(pictureOf(setOf([odd])), VERSION_TASK);
    expect(columns.at(-1)).toMatchObject({ name: 'Named by rules only', of: [{ code: 'odd' }] });
  });
});

describe('a cell', () => {
  it('says which status sets which, and under which condition', () => {
    const picture = pictureOf(setOf([{ ...CHECK, if: { step: ['Comp'] } }]));
    expect(wordsAt(picture, 'Version:cnv', 'Task:cnv')).toBe(
      'Version Check New Version sets Task Check New Version, only if step: Comp',
    );
  });

  it('says that there is no rule', () => {
    const picture = pictureOf(setOf([CHECK]));
    expect(wordsAt(picture, 'Version:apv', 'Task:wtg')).toBe('Version Approved, Task Waiting: no rule');
  });

  it('says that its rule is switched off', () => {
    const picture = pictureOf(setOf([{ ...CHECK, enabled: false }]));
    expect(wordsAt(picture, 'Version:cnv', 'Task:cnv')).toMatch(/; switched off$/);
  });

  it('bears a sign of its own for each kind of link', () => {
    const marks = (rule: Rule, rests = false) => {
      const matrix = matrixOf(pictureOf(setOf([rule])), VERSION_TASK);
      const to = matrix.columns[1]!.of[0]!;
      return markOf(rowOf(matrix, 'Version:cnv'), to, matrix.links.get('Version:cnv>Task:cnv'), rests);
    };
    expect(marks(CHECK)).toBe('plain');
    expect(marks({ ...CHECK, if: { first_version: true } })).toBe('when');
    expect(marks({ ...CHECK, enabled: false })).toBe('off');
    expect(marks(CHECK, true)).toBe('resting');
    expect(marks({ ...CHECK, when: { entity: 'Version', becomes: ['apv'] } })).toBe('none');
  });

  it('of a status and itself is no place for a link', () => {
    const pair = { from: 'Task', to: 'Task' };
    const picture = pictureOf(setOf([]));
    const matrix = matrixOf(picture, pair);
    const pill = picture.pills.get('Task:wtg')!;
    expect(markOf(rowOf(matrix, 'Task:wtg'), pill, undefined, false)).toBe('self');
  });

  it('without a status before it makes a rule that begins as its row does', () => {
    const set = setOf([]);
    const picture = pictureOf(set);
    const row = rowOf(matrixOf(picture, { from: 'Version', to: 'Version' }), 'Version+');
    const made = linkEntry(set, row, picture.pills.get(pillId('Version', 'cnv'))!);
    expect(made?.set.rules.at(-1)).toMatchObject({
      id: made?.rule,
      when: { entity: 'Version', on: ['created'] },
      then: { set: 'itself', to: ['cnv'] },
    });
    const drawn = pictureOf(made!.set).links;
    expect(drawn.map((link) => link.id)).toEqual(['Version+>Version:cnv']);
  });
});

describe('the pairs of columns', () => {
  it('are all ordered pairs, with the number of their links', () => {
    expect(pairsOf(pictureOf(setOf([CHECK])))).toEqual([
      {
        from: 'Version',
        to: [
          { type: 'Version', links: 0 },
          { type: 'Task', links: 2 },
        ],
      },
      {
        from: 'Task',
        to: [
          { type: 'Version', links: 0 },
          { type: 'Task', links: 0 },
        ],
      },
    ]);
  });

  it('begin with Versions that set Tasks', () => {
    expect(firstPair(pictureOf(setOf([])))).toEqual(VERSION_TASK);
    expect(firstPair(pictureOf(setOf([], { shot: [] })))).toEqual({ from: 'Shot', to: 'Shot' });
    expect(firstPair(pictureOf(setOf([], {})))).toBeNull();
  });

  it('go on with the column after, and from the last back to the one before', () => {
    const picture = pictureOf(setOf([], { version: [], task: [], shot: [] }));
    expect(likelyPair(picture, 'Task').to).toBe('Shot');
    expect(likelyPair(picture, 'Shot').to).toBe('Task');
  });

  it('know where a link is', () => {
    expect(pictureOf(setOf([CHECK])).links.map(pairOf)).toEqual([VERSION_TASK, VERSION_TASK]);
  });
});
