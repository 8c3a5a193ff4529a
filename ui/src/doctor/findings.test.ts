import { expect, it } from 'vitest';
import type { DoctorFinding } from '../api/types/DoctorFinding';
import type { DoctorLevel } from '../api/types/DoctorLevel';
import { causeOf, opensItself, tallyOf } from './findings';

const finding = (level: DoctorLevel): DoctorFinding => ({ code: 'key', level, title: '', why: '', remedy: null });

it('what is not well says from the start what to do', () => {
  expect((['good', 'advice', 'problem', 'unknown'] as const).filter((level) => opensItself(finding(level)))).toEqual([
    'advice',
    'problem',
    'unknown',
  ]);
});

it('the cause is the first problem, and what is only worth knowing is none', () => {
  const of = (...levels: DoctorLevel[]) => causeOf(levels.map((level, at) => ({ ...finding(level), title: `${at}` })));
  expect(of('good', 'advice', 'problem', 'good', 'problem')?.title).toBe('2');
  expect(of('good', 'advice', 'unknown')?.title).toBe('2');
  expect(of()).toBeNull();
});

it('only problems stand in the way', () => {
  expect(tallyOf([finding('good'), finding('advice'), finding('problem'), finding('good')])).toEqual({
    good: 2,
    problems: 1,
    of: 4,
  });
});
