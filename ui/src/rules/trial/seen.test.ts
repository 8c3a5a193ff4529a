import { describe, expect, it } from 'vitest';
import { rowAt } from '../../dev/rows';
import { keyOf, seenAs, seenIn, typed } from './seen';

const rows = Array.from({ length: 60 }, (_, i) =>
  rowAt(240 - i, { long: false, now: Date.UTC(2026, 10, 20), newest: 240, pace: 50_000 }),
);

describe('entities to make an event up about', () => {
  const seen = seenIn(rows);

  it('are all that recent events speak of, each once', () => {
    expect(new Set(seen.map(keyOf)).size).toBe(seen.length);
    for (const type of ['Version', 'Task', 'Shot']) expect(seen.some((one) => one.entity.type === type)).toBe(true);
    const [first] = rows.filter((row) => row.entity);
    expect(seen[0]!.entity).toEqual(first!.entity);
  });

  it('take the name from wherever it was said', () => {
    const nameless = { ...rows[0]!, entity: { type: 'Shot', id: 7, name: null }, parent: null, cascade: null };
    const named = { ...nameless, entity: { type: 'Shot', id: 7, name: 'sh070' } };
    expect(seenIn([nameless, named])).toEqual([{ site: 'studio', entity: named.entity, parent: null }]);
  });

  it('are found by every word of type, name, parent and id', () => {
    const one = seen.find(({ entity, parent }) => entity.type === 'Task' && parent)!;
    const found = seenAs(seen, `task ${one.parent} ${one.entity.name}`);
    expect(found.map(keyOf)).toContain(keyOf(one));
    expect(found.every(({ entity }) => entity.type === 'Task')).toBe(true);
  });

  it('can be typed as a type and an id, for each site', () => {
    const types = ['Task', 'CustomEntity03'];
    expect(typed('task #5055', types, ['a', 'b']).map(keyOf)).toEqual(['a Task 5055', 'b Task 5055']);
    const uuid = '0b1c2d3e-1111-4222-8333-444455556666';
    expect(typed(`CustomEntity03 ${uuid}`, types, ['a'])[0]!.entity).toEqual({
      type: 'CustomEntity03',
      id: uuid,
      name: null,
    });
    for (const text of ['5055', 'Task', 'Task comp', 'Shot 5', '']) expect(typed(text, types, ['a'])).toEqual([]);
  });
});
