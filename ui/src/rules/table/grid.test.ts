import { describe, expect, it } from 'vitest';
import { led, within, type At } from './grid';

const EXTENT = { rows: 10, columns: 5, page: 4 };
const at = (row: number, column: number): At => ({ row, column });
const go = (from: At, key: string, ctrl = false) => led(from, key, ctrl, EXTENT);

describe('the keys of a grid', () => {
  it('lead one cell further and not beyond the edge', () => {
    expect(go(at(2, 2), 'ArrowDown')).toEqual(at(3, 2));
    expect(go(at(10, 2), 'ArrowDown')).toEqual(at(10, 2));
    expect(go(at(2, 5), 'ArrowRight')).toEqual(at(2, 5));
  });

  it('lead to the heads, and never into the corner between them', () => {
    expect(go(at(1, 3), 'ArrowUp')).toEqual(at(0, 3));
    expect(go(at(3, 1), 'ArrowLeft')).toEqual(at(3, 0));
    expect(go(at(0, 1), 'ArrowLeft')).toEqual(at(0, 1));
    expect(go(at(1, 0), 'ArrowUp')).toEqual(at(1, 0));
  });

  it('lead to the ends of the row, and with Ctrl of the grid', () => {
    expect(go(at(3, 3), 'Home')).toEqual(at(3, 1));
    expect(go(at(3, 3), 'End')).toEqual(at(3, 5));
    expect(go(at(3, 3), 'Home', true)).toEqual(at(1, 1));
    expect(go(at(3, 3), 'End', true)).toEqual(at(10, 5));
    expect(go(at(3, 3), 'ArrowDown', true)).toEqual(at(10, 3));
  });

  it('lead a page up and down, and not among the heads', () => {
    expect(go(at(8, 2), 'PageUp')).toEqual(at(4, 2));
    expect(go(at(2, 2), 'PageUp')).toEqual(at(1, 2));
    expect(go(at(8, 2), 'PageDown')).toEqual(at(10, 2));
    expect(go(at(0, 2), 'PageUp')).toEqual(at(0, 2));
  });

  it('are no other keys', () => {
    expect(go(at(2, 2), 'Enter')).toBeNull();
    expect(go(at(2, 2), 'a')).toBeNull();
  });
});

describe('a place', () => {
  it('that is no longer there is the nearest one that is', () => {
    expect(within(at(12, 9), EXTENT)).toEqual(at(10, 5));
    expect(within(at(3, 3), EXTENT)).toEqual(at(3, 3));
  });

  it('is never the corner', () => {
    expect(within(at(0, 0), EXTENT)).toEqual(at(1, 1));
    expect(within(at(0, 1), { rows: 4, columns: 0, page: 4 })).toEqual(at(1, 0));
  });
});
