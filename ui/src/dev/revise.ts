import type { RuleChange } from '../api/types/RuleChange';
import type { RevisionView } from '../api/types/RevisionView';
import type { RuleSet } from '../api/types/RuleSet';
import type { RuleSetDiff } from '../api/types/RuleSetDiff';
import type { StatusChange } from '../api/types/StatusChange';

/** Statuses that stand under another heading. */
function regrouped(before: RuleSet, after: RuleSet): StatusChange[] {
  return Object.entries(after.statuses).flatMap(([column, statuses]) =>
    statuses.flatMap(({ code, name, group }): StatusChange[] => {
      const was = before.statuses[column]?.find((one) => one.code === code)?.group;
      if (was === undefined || was === group) return [];
      return [{ column, code, kind: 'regrouped', words: `${name} stands under "${group}" instead of "${was}"` }];
    }),
  );
}

/** Rules by their id, roughly: the parts are the engine's to say. */
export function diffOf(before: RuleSet, after: RuleSet): RuleSetDiff {
  const then = new Map(before.rules.map((rule) => [rule.id, rule]));
  const now = new Set(after.rules.map((rule) => rule.id));
  const said = (name: string) => `About the rule “${name}”, in English.`;
  const rules = after.rules.flatMap((rule): RuleChange[] => {
    const { id, name } = rule;
    const was = then.get(id);
    if (!was) return [{ id, name, kind: 'added', before: null, after: said(name), parts: [] }];
    if (JSON.stringify(was) === JSON.stringify(rule)) return [];
    return [
      { id, name, kind: 'changed', before: said(was.name), after: said(name), parts: ['under other conditions'] },
    ];
  });
  const gone = before.rules
    .filter((rule) => !now.has(rule.id))
    .map(({ id, name }): RuleChange => ({ id, name, kind: 'removed', before: said(name), after: null, parts: [] }));
  const name = before.name === after.name ? null : { before: before.name, after: after.name };
  return {
    name,
    description: null,
    steps: null,
    statuses: regrouped(before, after),
    rules: [...rules, ...gone],
    other: [],
  };
}

/** The rules as they were so many revisions ago: the last of them were not there yet, others were called otherwise. */
export function earlier(document: RuleSet, ago: number): RuleSet {
  const there = document.rules.slice(0, document.rules.length - 2 * ago);
  return { ...document, rules: there.map((rule, i) => (i < ago ? { ...rule, name: `${rule.name} (old)` } : rule)) };
}

export function revisionsOf(live: number, name: string, long: boolean): RevisionView[] {
  const notes = ['Clients approve in words', '', 'Back to how it was: Comp could not keep up', 'Hand-offs for Roto'];
  return notes.map((note, i) => ({
    revision: live - i,
    name,
    author: long
      ? 'Maximiliane Hohenstaufen-Wittgenstein de la Fuente y Castellanos'
      : ['Mara Lindqvist', 'Jo'][i % 2]!,
    note:
      long && note ? `${note}, as was agreed on Monday with everybody who was in the room and some who were not` : note,
    at: new Date(Date.now() - i * 31 * 3_600_000).toISOString(),
    live: i === 0,
    rolled_back_from: i === 2 ? live - 4 : null,
  }));
}

/** The picture is the engine's to draw. */
export function pictureText({ name }: RuleSet): string {
  const safe = name.replace(/[<&]/g, ' ');
  return `<svg xmlns="http://www.w3.org/2000/svg" width="720" height="240" viewBox="0 0 720 240"><rect width="100%" height="100%" fill="#f6f8fa"/><text x="44" y="70" font-size="24" font-family="Inter">${safe}</text></svg>`;
}
