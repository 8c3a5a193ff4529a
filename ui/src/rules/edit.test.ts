import { describe, expect, it } from 'vitest';
import type { Rule } from '../api/types/Rule';
import type { RuleSet } from '../api/types/RuleSet';
import type { Wanted } from '../api/types/Wanted';
import {
  copyRule,
  likelyTarget,
  link,
  moveGroup,
  moveRule,
  nudgeStatus,
  paintGroup,
  parkStatus,
  placeStatus,
  renameGroup,
  statusesOf,
  unlink,
  unpark,
} from './edit';
import { columnOf, pictureOf, typeOf } from './picture';

const status = (code: string, group: string) => ({ code, name: code.toUpperCase(), group, color: '#112233' });
const SET: RuleSet = {
  callboard: 1,
  name: 'Ours',
  statuses: {
    version: [status('rev', 'Review'), status('apr', 'Done'), status('rej', 'Done')],
    task: [status('wtg', 'To do'), status('ip', 'Work'), status('fin', 'Done')],
  },
  rules: [],
};
const drawn = (from: string, to: string, set = SET) =>
  link(set, { type: 'Version', code: from }, { type: 'Task', code: to })!;
const codes = (set: RuleSet, type: string) => statusesOf(set, type).map((one) => `${one.code}:${one.group}`);

describe('a link', () => {
  it('is a rule in words that people know', () => {
    const { set, rule } = drawn('apr', 'fin');
    expect(set.rules).toEqual([
      {
        id: rule,
        name: 'Version APR sets Task FIN',
        when: { entity: 'Version', becomes: ['apr'] },
        then: { set: 'task', to: ['fin'] },
      },
    ]);
  });

  it('joins the plain rule that ends at the same status, and only that', () => {
    const one = drawn('apr', 'fin');
    const two = drawn('rej', 'fin', one.set);
    expect(two.rule).toBe(one.rule);
    expect(two.set.rules[0]!.when.becomes).toEqual(['apr', 'rej']);
    expect(drawn('rej', 'fin', two.set).set).toBe(two.set);
    const asked = { ...one.set, rules: [{ ...one.set.rules[0]!, if: { step: ['Comp'] } }] };
    expect(drawn('rej', 'fin', asked).set.rules).toHaveLength(2);
  });

  it('is taken away with its status, and the rule with its last', () => {
    const { set } = drawn('rej', 'fin', drawn('apr', 'fin').set);
    const [first, second] = pictureOf(set).links;
    const less = unlink(set, first!).set;
    expect(less.rules[0]!.when.becomes).toEqual(['rej']);
    expect(
      unlink(
        less,
        pictureOf(less).links.find((one) => one.id === second!.id)!,
      ).set.rules,
    ).toEqual([]);
  });

  it('is cut out of a class, of “same” and of what it was before, and nothing else goes with it', () => {
    const classed = (code: string) => ({ ...status(code, 'Done'), class: 'done' as const });
    const statuses = { ...SET.statuses, task: [classed('a'), classed('b')], shot: [classed('a'), classed('b')] };
    const cut = (when: Partial<Rule['when']>, to: Wanted = ['b']) => {
      const rule: Rule = { id: 'r', name: 'R', when: { entity: 'Task', ...when }, then: { set: 'shot', to } };
      const set = { ...SET, statuses, rules: [rule] };
      const gone = pictureOf(set).links.find((one) => one.from?.code === 'a')!;
      const { set: left, together } = unlink(set, gone);
      return { when: left.rules[0]?.when, together: together.length };
    };
    expect(cut({ becomes: ['@done'] })).toEqual({ when: { entity: 'Task', becomes: ['b'] }, together: 0 });
    expect(cut({ becomes: ['a', 'b'] }, 'same').when?.becomes).toEqual(['b']);
    expect(cut({ from: ['a', 'b'] }).when?.from).toEqual(['b']);
    expect(cut({ becomes: ['a'] }).when).toBeUndefined();
    // Any status, and a whole set: one of them cannot be left out.
    expect(cut({})).toEqual({ when: { entity: 'Task' }, together: 1 });
    expect(cut({}, { roll_up: { rows: [{ all: ['a', 'b'], to: ['b'] }] } }).together).toBe(1);
  });

  it('goes wherever entities belong together', () => {
    expect(likelyTarget('Version', 'Shot')).toBe('shot');
    expect(likelyTarget('Task', 'Asset')).toEqual({ parent: 'Asset' });
    expect(likelyTarget('Sequence', 'Shot')).toEqual({ children: { type: 'Shot' } });
    expect(likelyTarget('Shot', 'Task')).toEqual({ tasks_of_shot: {} });
    expect(likelyTarget('Shot', 'Asset')).toBeNull();
    expect(link(SET, { type: 'Task', code: 'ip' }, { type: 'Task', code: 'ip' })).toBeNull();
  });
});

describe('statuses', () => {
  it('move into a group, before another, and out of the column', () => {
    const moved = placeStatus(SET, 'Version', status('rev', 'Done'), 'rej');
    expect(codes(moved, 'Version')).toEqual(['apr:Done', 'rev:Done', 'rej:Done']);
    expect(codes(placeStatus(SET, 'Version', status('new', 'Review')), 'Version')[1]).toBe('new:Review');
    expect(codes(parkStatus(SET, 'Task', 'ip'), 'Task')).toEqual(['wtg:To do', 'fin:Done']);
  });

  it('step over into the next group before they pass it', () => {
    const into = nudgeStatus(SET, 'Version', 'rev', 1);
    expect(codes(into, 'Version')[0]).toBe('rev:Done');
    expect(codes(nudgeStatus(into, 'Version', 'rev', 1), 'Version').slice(0, 2)).toEqual(['apr:Done', 'rev:Done']);
    expect(nudgeStatus(SET, 'Task', 'wtg', -1)).toBe(SET);
  });

  it('come from the site in the order that they have there', () => {
    const site = ['rev', 'new', 'apr'].map((code) => ({ code, name: `The ${code}`, color: '#445566' }));
    const [, second] = statusesOf(unpark(SET, 'Version', 'new', site), 'Version');
    expect(second).toEqual({ code: 'new', name: 'The new', group: 'Review', color: '#445566' });
    expect(unpark(SET, 'Version', 'rev', site)).toBe(SET);
  });

  it('stand in columns that any type of the site may have', () => {
    for (const type of ['Version', 'CustomEntity03', 'AssetBuild']) expect(typeOf(columnOf(type))).toBe(type);
    const set = placeStatus(SET, 'AssetBuild', status('x', ''));
    expect(Object.keys(set.statuses)).toContain('asset_build');
  });
});

describe('groups', () => {
  it('are renamed with their colour, moved whole, and plain again', () => {
    const painted = paintGroup(SET, 'Done', '#00ff00');
    expect(painted.groups).toEqual({ Done: { color: '#00ff00' } });
    const renamed = renameGroup(painted, 'Version', 'Done', 'Client said');
    expect(codes(renamed, 'Version')).toEqual(['rev:Review', 'apr:Client said', 'rej:Client said']);
    expect(renamed.groups).toEqual({ 'Client said': { color: '#00ff00' }, Done: { color: '#00ff00' } });
    const both = renameGroup(renamed, 'Task', 'Done', 'Client said');
    expect(both.groups).toEqual({ 'Client said': { color: '#00ff00' } });
    const blue = paintGroup(painted, 'Review', '#0000ff');
    expect(renameGroup(blue, 'Version', 'Done', 'Review').groups?.Review).toEqual({ color: '#0000ff' });
    expect(codes(moveGroup(SET, 'Version', 'Done', -1), 'Version')).toEqual(['apr:Done', 'rej:Done', 'rev:Review']);
    expect('groups' in paintGroup(painted, 'Done', null)).toBe(false);
  });
});

describe('rules', () => {
  it('are copied under an id of their own and moved among each other', () => {
    const one = drawn('apr', 'fin');
    const copied = copyRule(one.set, one.rule)!;
    expect(new Set(copied.set.rules.map((rule) => rule.id)).size).toBe(2);
    expect(copied.rule).not.toBe(one.rule);
    const moved = moveRule(copied.set, copied.rule, -1);
    expect(moved.rules[0]!.id).toBe(copied.rule);
    expect(moveRule(moved, copied.rule, -1)).toBe(moved);
  });
});
