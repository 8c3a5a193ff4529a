import type { DoctorFinding } from '../api/types/DoctorFinding';

export interface Tally {
  good: number;
  problems: number;
  of: number;
}

export function tallyOf(findings: readonly DoctorFinding[]): Tally {
  const count = (level: DoctorFinding['level']) => findings.filter((finding) => finding.level === level).length;
  return { good: count('good'), problems: count('problem'), of: findings.length };
}

/** What kept something from being well: the first of the problems, for what follows may come of it; else what was found last. */
export function causeOf(findings: readonly DoctorFinding[]): DoctorFinding | null {
  return findings.find(({ level }) => level === 'problem') ?? findings.at(-1) ?? null;
}

/** What is well is told in a line; all else says from the start why it matters and what to do. */
export function opensItself(finding: DoctorFinding): boolean {
  return finding.level !== 'good';
}
