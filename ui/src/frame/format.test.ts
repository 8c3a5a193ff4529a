import { describe, expect, it } from 'vitest';
import { bytes, dayName, dayOf, duration, formatsOf, plural } from './format';

it.each([
  [0, '0 ms'],
  [196.4, '196 ms'],
  [999, '999 ms'],
  [1_240, '1.2 s'],
  [12_400, '12 s'],
  [90_000, '2 min'],
  [3_600_000, '1 h'],
  [3_900_000, '1 h 5 min'],
  [90_000_000, '1 day'],
  [-5, '0 ms'],
])('%d ms is %s', (ms, words) => expect(duration(ms)).toBe(words));

it('names days as people do', () => {
  const now = new Date(2026, 10, 20, 0, 5);
  expect(dayName(new Date(2026, 10, 20, 0, 1), now)).toBe('Today');
  expect(dayName(new Date(2026, 10, 19, 23, 59), now)).toBe('Yesterday');
  expect(dayName(new Date(2026, 10, 17), now)).toBe('Tuesday 17 November');
  expect(dayName(new Date(2025, 10, 17), now)).toContain('2025');
  expect(dayOf(new Date(2026, 0, 3))).toBe('2026-01-03');
});

it('counts and weighs', () => {
  expect(plural(1, 'hook', 'hooks')).toBe('1 hook');
  expect(plural(1_204, 'hook', 'hooks')).toBe('1,204 hooks');
  expect(bytes(543)).toBe('543 bytes');
  expect(bytes(2_048)).toBe('2.0 KB');
});

describe('in German', () => {
  const de = formatsOf('de');

  it.each([
    [1_240, '1,2 s'],
    [90_000, '2 min'],
    [3_900_000, '1 Std. 5 min'],
    [90_000_000, '1 Tag'],
    [180_000_000, '2 Tage'],
  ])('%d ms is %s', (ms, words) => expect(de.duration(ms)).toBe(words));

  it('names days as people do', () => {
    const now = new Date(2026, 10, 20, 0, 5);
    expect(de.dayName(new Date(2026, 10, 20, 0, 1), now)).toBe('Heute');
    expect(de.dayName(new Date(2026, 10, 19, 23, 59), now)).toBe('Gestern');
    expect(de.dayName(new Date(2026, 10, 17), now)).toBe('Dienstag, 17. November');
    expect(de.moment(new Date(2026, 10, 17, 14, 2, 11), now)).toBe('17. Nov., 14:02');
    expect(de.time(new Date(2026, 10, 17, 4, 2, 11))).toBe('04:02:11');
    expect(de.dayAndTime(new Date(2026, 10, 17, 4, 2, 11))).toBe('17.11.2026, 04:02:11');
  });

  it('counts and weighs', () => {
    expect(de.plural(1, 'Regel', 'Regeln')).toBe('1 Regel');
    expect(de.plural(1_204, 'Regel', 'Regeln')).toBe('1.204 Regeln');
    expect(de.bytes(543)).toBe('543 Bytes');
    expect(de.bytes(2_048)).toBe('2,0 KB');
    expect(de.decimal(99.98, 2)).toBe('99,98');
    expect(de.list(['a', 'b', 'c'])).toBe('a, b oder c');
    expect(de.list(['a', 'b'], 'and')).toBe('a und b');
  });
});
