import { describe, expect, it } from 'vitest';
import { choicesOf, inOrder } from './choices';
import { ANY, matches } from './filter';
import { isAnything, keyOf, readKept, turned, wordsOf, writeKept } from './kept';
import { boundsOf, ownRange, rangeOf, rangeWords } from './range';
import { rowAt } from '../dev/rows';

const NOW = new Date(2026, 10, 20, 14, 30);
const local = (month: number, day: number) => new Date(2026, month - 1, day).toISOString();

describe('a range of time', () => {
  it('begins at midnight of the place', () => {
    expect(boundsOf('today', NOW)).toEqual({ since: local(11, 20), until: null });
    expect(boundsOf('yesterday', NOW)).toEqual({ since: local(11, 19), until: local(11, 20) });
    expect(boundsOf('week', NOW)).toEqual({ since: local(11, 14), until: null });
    expect(boundsOf('month', NOW)).toEqual({ since: local(10, 22), until: null });
    expect(boundsOf('any', NOW)).toEqual({ since: null, until: null });
  });

  it('of one’s own has both of its days within', () => {
    expect(boundsOf({ from: '2026-11-02', to: '2026-11-04' }, NOW)).toEqual({
      since: local(11, 2),
      until: local(11, 5),
    });
    expect(boundsOf({ from: '', to: '2026-11-30' }, NOW)).toEqual({ since: null, until: local(12, 1) });
  });

  it('is not made of days that run backwards or are none', () => {
    expect(ownRange('2026-11-04', '2026-11-02')).toBeNull();
    expect(ownRange('', '')).toBe('any');
    expect(ownRange('2026-02-31', '')).toBe('any');
    expect(ownRange('2026-11-02', '2026-11-02')).toEqual({ from: '2026-11-02', to: '2026-11-02' });
  });

  it('is said in words', () => {
    expect(rangeWords('week', NOW)).toBe('Last 7 days');
    expect(rangeWords({ from: '2026-11-02', to: '2026-11-02' }, NOW)).toBe('2 Nov');
    expect(rangeWords({ from: '2026-11-02', to: '2026-11-04' }, NOW)).toBe('2 Nov – 4 Nov');
    expect(rangeWords({ from: '', to: '2026-11-04' }, NOW)).toBe('until 4 Nov');
    expect(rangeWords({ from: '2026-11-02', to: '' }, NOW)).toBe('since 2 Nov');
    expect(rangeWords({ from: '', to: '2020-01-01' }, NOW)).toBe('until 1 Jan 2020');
  });

  it('is read back from what was kept, and is any where that is nonsense', () => {
    expect(rangeOf('yesterday')).toBe('yesterday');
    expect(rangeOf({ from: '2026-11-02', to: '' })).toEqual({ from: '2026-11-02', to: '' });
    for (const found of ['tomorrow', 7, null, { from: 'x', to: 'y' }, { from: '2026-11-04', to: '2026-11-02' }]) {
      expect(rangeOf(found)).toBe('any');
    }
  });
});

describe('kept filters', () => {
  it('keep the time by its name, so that it goes with the calendar', () => {
    let place = '';
    writeKept({ setItem: (_, value) => (place = value) }, [{ ...ANY, people: ['Mara'], range: 'today' }]);
    expect(readKept({ getItem: () => place })).toEqual([{ ...ANY, people: ['Mara'], range: 'today' }]);
  });

  it('tell times, sites and people apart', () => {
    const today = { ...ANY, range: 'today' as const };
    expect(keyOf(today)).not.toBe(keyOf({ ...ANY, range: 'week' }));
    expect(keyOf({ ...ANY, people: ['a'] })).not.toBe(keyOf({ ...ANY, sites: ['a'] }));
    expect(turned([], today)).toEqual([today]);
    expect(isAnything({ ...ANY, range: 'any' })).toBe(true);
    expect(wordsOf({ ...today, sites: ['studio'], people: ['Mara'] })).toBe('studio · Mara · Today');
  });
});

describe('a filter', () => {
  const row = { ...rowAt(7, { long: false, now: NOW.getTime(), newest: 7, pace: 1_000 }) };
  const shot = { type: 'Shot', id: 801, name: null };

  it('knows the time, the site and the person of a new row', () => {
    const known = { ...row, actor: { kind: 'person' as const, type: 'HumanUser', id: 1, name: 'Mara' } };
    expect(matches({ ...ANY, ...boundsOf('today', NOW) }, known)).toBe(true);
    expect(matches({ ...ANY, ...boundsOf('yesterday', NOW) }, known)).toBe(false);
    expect(matches({ ...ANY, people: ['Mara'], sites: ['studio'] }, known)).toBe(true);
    expect(matches({ ...ANY, people: ['Jonas'] }, known)).toBe(false);
    expect(matches({ ...ANY, sites: ['other'] }, known)).toBe(false);
  });

  it('about a Shot takes what belongs to it, on its site alone', () => {
    const about = { site: 'studio', entity: { type: 'Shot', id: 801 } };
    const task = { type: 'Task', id: 1, name: null };
    expect(matches({ ...ANY, about }, { ...row, entity: shot, parent: null })).toBe(true);
    expect(matches({ ...ANY, about }, { ...row, entity: task, parent: shot })).toBe(true);
    expect(matches({ ...ANY, about }, { ...row, entity: task, parent: { ...shot, id: 802 } })).toBe(false);
    expect(matches({ ...ANY, about }, { ...row, site: 'other', entity: shot })).toBe(false);
  });
});

describe('the choices of a filter', () => {
  const counted = [
    { value: 'Task', count: 9 },
    { value: 'Shot', count: 4 },
  ];

  it('have counts once they are known, and none before', () => {
    expect(choicesOf(undefined, ['Shot'], []).map(({ count }) => count)).toEqual([null]);
    expect(choicesOf(counted, ['Shot', 'Version'], ['Asset']).map(({ value, count }) => [value, count])).toEqual([
      ['Task', 9],
      ['Shot', 4],
      ['Version', 0],
      ['Asset', 0],
    ]);
  });

  it('stay where they stood while the menu is open', () => {
    const later = choicesOf(counted, ['Version'], []);
    expect(inOrder(later, ['Shot', 'Version']).map(({ value }) => value)).toEqual(['Shot', 'Version', 'Task']);
  });
});
