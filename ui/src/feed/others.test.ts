import { describe, expect, it } from 'vitest';
import type { FailedCondition } from '../api/types/FailedCondition';
import type { RuleVerdict } from '../api/types/RuleVerdict';
import type { Trial } from '../api/types/Trial';
import { rowAt } from '../dev/rows';
import { S } from '../strings';
import { askedInWords, askedOf, othersOf, reasonOf } from './others';

const at7 = rowAt(7, { long: false, now: Date.UTC(2026, 10, 20, 14), newest: 400, pace: 1_000 });
const row = { ...at7, outcome: 'nothing' as const };
const entity = { type: 'Task', id: 1, name: 'Composite' };
const verdict = (rule: string, failed: FailedCondition[], sentence = `${rule} does not apply.`): RuleVerdict => ({
  rule,
  name: rule.toUpperCase(),
  fired: failed.length === 0,
  cause: 'event',
  failed,
  sentence,
});
const step: FailedCondition = { condition: 'step', wanted: ['Roto'], seen: 'Composite' };
const aside = verdict('aside', [{ condition: 'set_aside', why: 'it broke' }], 'It is set aside: it broke.');
const off = verdict('off', [{ condition: 'switched_off' }], 'It is switched off.');
const trial = (...verdicts: RuleVerdict[]): Trial => ({
  entity,
  changes: [],
  skipped: [],
  stops: [{ cause: 'event', moment: 'updated', entity, from: 'ip', to: 'rev', verdicts }],
  unknown: [],
});

describe('why not the other rules', () => {
  it('asks the rules that decided, and the live ones where none did', () => {
    expect(askedOf(40)).toEqual({ revision: 40 });
    expect(askedOf(null)).toBe('live');
  });

  it('says which revision is meant', () => {
    expect(askedInWords(40, 41)).toBe('By the rules that decided it, revision 40.');
    expect(askedInWords(41, 41)).toBe('By the rules that decided it, revision 41. They are live still.');
    expect(askedInWords(null, 41)).toBe('By the rules that are live now, revision 41.');
  });

  it('lists what is set aside and what is switched off, with that as the reason', () => {
    const others = othersOf(trial(off, aside, verdict('near', [step]), verdict('did', [])), new Set(['did']));
    expect(others.map(({ rule }) => rule)).toEqual(['near', 'off', 'aside']);
    expect(others.map((one) => reasonOf(one, row, null))).toEqual([
      'near does not apply.',
      'It is switched off.',
      'It is set aside: it broke.',
    ]);
  });

  it('says of a rule that fits whether it is meant for now or for then', () => {
    const fits = verdict('fits', []);
    expect(reasonOf(fits, row, null)).toBe(S.event.fitsNow);
    expect(reasonOf(fits, row, 40)).toBe(S.event.fitsThen);
    expect(reasonOf(fits, { ...row, outcome: 'echo' }, null)).toBe(S.event.fitsEcho);
  });
});
