import { expect, it } from 'vitest';
import { bytes, dayName, dayOf, duration, plural } from './format';

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
