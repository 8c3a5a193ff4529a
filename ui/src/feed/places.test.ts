import { describe, expect, it } from 'vitest';
import type { Item } from './items';
import { Places } from './places';

/** Items of these numbers, as the list has them. */
function items(...seqs: number[]): Item[] {
  return seqs.map((key) => ({ kind: 'row', key }) as Item);
}

function down(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => from - i);
}

function settled(places: Places, list: Item[]) {
  places.settle(list);
  return new Map(list.map((item) => [item.key, places.of(item)]));
}

describe('the place of a row', () => {
  it('stays the same while other rows come above it', () => {
    const places = new Places();
    const before = settled(places, items(...down(9, 9)));
    const after = settled(places, items(...down(11, 11)));
    for (const [key, place] of before) expect(after.get(key)).toBe(place);
  });

  it('is taken over, from the top, when all rows change at once', () => {
    const places = new Places();
    const before = settled(places, items(...down(100, 80)));
    const after = settled(places, items(...down(500, 20)));
    expect([...after.values()]).toEqual([...before.values()].slice(0, 20));
  });

  it('is never that of another row, whatever comes and goes', () => {
    const places = new Places();
    let top = 300;
    for (const [by, count] of [
      [0, 300],
      [1, 300],
      [37, 1],
      [5, 90],
      [400, 3],
      [2, 61],
      [59, 300],
    ]) {
      top += by!;
      const shown = settled(places, items(...down(top, count!)));
      expect(new Set(shown.values()).size).toBe(count);
    }
  });
});
