import { describe, expect, it } from 'vitest';
import type { Finding } from '../api/types/Finding';
import type { FindingCode } from '../api/types/FindingCode';
import type { Rule } from '../api/types/Rule';
import type { RuleSet } from '../api/types/RuleSet';
import { mendsOf, nearest } from './mend';

const status = (code: string, name: string, more = {}) => ({ code, name, group: 'A', color: '#112233', ...more });

function rule(id: string, parts: Partial<Rule> = {}): Rule {
  const when = { entity: 'Version', becomes: ['apv'] };
  return { id, name: `Rule ${id}`, when, then: { set: 'task', to: ['apv'] }, ...parts };
}

function setOf(...rules: Rule[]): RuleSet {
  return {
    callboard: 1,
    name: 'Test',
    statuses: {
      version: [status('rev', 'In Review'), status('apv', 'Approved')],
      task: [status('wtg', 'Waiting'), status('ip', 'In Progress'), status('apv', 'Approved', { class: 'done' })],
    },
    rules,
  };
}

function finding(code: FindingCode, rules: string[], statuses: Finding['statuses'] = [], message = ''): Finding {
  return { level: 'error', code, message, rules, statuses };
}

/** The set after each mend, by its label. */
function mended(found: Finding, set: RuleSet, site = {}): Record<string, RuleSet> {
  return Object.fromEntries(mendsOf(found, set, site).map((mend) => [mend.label, mend.apply(set)]));
}

describe('mends', () => {
  it('adds a status that the site has as the site shows it', () => {
    const set = setOf(rule('a', { then: { set: 'task', to: ['fin'] } }));
    const site = { Task: [{ code: 'fin', name: 'Final', color: '#00ff00' }] };
    const ways = mended(finding('unknown_status', ['a'], [{ column: 'task', code: 'fin' }]), set, site);
    expect(ways['Add Final to the Task column']?.statuses.task?.at(-1)).toEqual(
      status('fin', 'Final', {
        group: '',
        color: '#00ff00',
      }),
    );
    expect(Object.keys(ways)[0]).toBe('Add Final to the Task column');
  });

  it('reads a misspelt code as the status that was meant, everywhere in the rule', () => {
    const wrong = rule('a', { if: { target_is_not: ['wgt', 'ip'] }, then: { set: 'task', to: ['aprv', 'ip'] } });
    const at = [{ column: 'task', code: 'aprv' }];
    const [first, after] = Object.entries(mended(finding('unknown_status', ['a'], at), setOf(wrong)))[0]!;
    expect(first).toBe('Use Approved (apv) instead');
    expect(after.rules[0]?.then.to).toEqual(['apv', 'ip']);
    expect(nearest('WTG', setOf().statuses.task!)?.code).toBe('wtg');
    expect(nearest('In progress', setOf().statuses.task!)?.code).toBe('ip');
    expect(nearest('zz', setOf().statuses.task!)).toBeUndefined();
  });

  it('takes a status out of a rule only where the rule then says no more than before', () => {
    const at = [{ column: 'version', code: 'x1' }];
    const among = rule('a', { when: { entity: 'Version', becomes: ['x1', 'apv'] } });
    const alone = rule('b', { when: { entity: 'Version', becomes: ['x1'] } });
    const ways = mended(finding('unknown_status', ['a', 'b'], at), setOf(among, alone));
    expect(ways['Take x1 out of the rule']?.rules[0]?.when.becomes).toEqual(['apv']);
    expect(ways['Take x1 out of the rule']?.rules[1]).toBe(alone);
    expect(ways['Switch “Rule b” off']?.rules[1]?.enabled).toBe(false);
  });

  it('takes a hidden status out of every list that names it', () => {
    const deep = rule('a', {
      when: { entity: 'Task', becomes: ['ip'] },
      if: [{ siblings: { none: ['wtg'] } }, { status_is_not: ['wtg'] }],
      then: { set: 'shot', to: { roll_up: { ignoring: ['wtg'], rows: [{ all: ['wtg', 'apv'], to: ['s'] }] } } },
    });
    const ways = mended(finding('hidden', ['a'], [{ column: 'task', code: 'wtg' }]), setOf(deep));
    const after = ways['Take Waiting out of the rule']!.rules[0]!;
    expect(JSON.stringify(after)).not.toContain('wtg');
    expect(after.then.to).toEqual({ roll_up: { rows: [{ all: ['apv'], to: ['s'] }] } });
  });

  it('keeps one of what stands there twice', () => {
    const set = { ...setOf(rule('a'), rule('a')), statuses: { task: [status('ip', 'One'), status('ip', 'Two')] } };
    const [once] = Object.values(mended(finding('duplicate_status', []), set));
    expect(once?.statuses.task).toEqual([status('ip', 'One')]);
    const [own] = Object.values(mended(finding('duplicate_rule', ['a']), set));
    expect(own?.rules.map((one) => one.id)).toEqual(['a', 'a-2']);
  });

  it('removes a rule that adds nothing, and leaves a shared link to the earlier one', () => {
    const later = rule('b', { when: { entity: 'Version', becomes: ['apv', 'rev'] } });
    const set = setOf(rule('a'), later);
    const gone = mended(finding('shadowed', ['b', 'a']), set);
    expect(gone['Remove “Rule b”']?.rules.map((one) => one.id)).toEqual(['a']);
    const shared = mended(finding('duplicate_link', ['b', 'a'], [{ column: 'version', code: 'apv' }]), set);
    expect(shared['Let only “Rule a” decide']?.rules[1]?.when.becomes).toEqual(['rev']);
  });

  it('lets either of two fighting rules decide alone', () => {
    const wide = rule('b', { when: { entity: 'Version', becomes: ['apv', 'rev'] }, then: { set: 'task', to: ['ip'] } });
    const ways = mended(finding('fighting', ['a', 'b']), setOf(rule('a'), wide));
    expect(ways['Let only “Rule a” decide']?.rules[1]?.when.becomes).toEqual(['rev']);
    expect(ways['Switch “Rule a” off']?.rules[0]?.enabled).toBe(false);
    // Where one of them asks for more, the other goes on where it does not hold.
    const asking = rule('a', { if: { step: ['Comp'] } });
    expect(Object.keys(mended(finding('fighting', ['a', 'b']), setOf(asking, wide)))).toEqual([
      'Switch “Rule b” off',
      'Switch “Rule a” off',
    ]);
  });

  it('breaks a circle', () => {
    const down = rule('b', { when: { entity: 'Task', becomes: ['apv'] }, then: { set: 'itself', to: ['wtg'] } });
    const up = rule('a', { when: { entity: 'Task', becomes: ['apv'] }, then: { set: 'itself', to: ['ip'] } });
    const ways = mended(finding('cycle', ['a', 'b']), setOf(up, down));
    expect(ways['“Rule b” never goes backwards']?.rules[1]?.if).toEqual({ never_backwards: true });
    expect(ways['“Rule b” follows people and scripts, not rules']?.rules[1]?.if).toEqual({ changed_by: 'outside' });
    expect(ways['Switch “Rule a” off']?.rules[0]?.enabled).toBe(false);
  });

  it('lets the way back leave what came from there', () => {
    const back = rule('b', {
      when: { entity: 'Task', becomes: ['apv'] },
      then: { set: { versions: 'latest' }, to: ['apv'] },
    });
    const statuses = [{ column: 'version', code: 'rev' }];
    const ways = mended(finding('round_trip', ['a', 'b'], statuses), setOf(rule('a'), back));
    expect(ways['Let “Rule b” leave it at In Review']?.rules[1]?.then.to).toEqual(['apv', 'rev']);
  });

  it('parks statuses that no rule names, and no others', () => {
    const at = ['rev', 'apv'].map((code) => ({ column: 'version', code }));
    const ways = mended(finding('dead', [], at), setOf(rule('a')));
    expect(ways['Park In Review']?.statuses.version?.map((one) => one.code)).toEqual(['apv']);
    const foreign = finding('not_on_site', [], [], 'The site has no Version status In Review (rev).');
    expect(Object.keys(mended(foreign, setOf()))).toEqual(['Park In Review']);
  });

  it('gives a status the colour of the site, or grey, and leaves a group plain', () => {
    const set = { ...setOf(), groups: { A: { color: 'pink' } } };
    const bad = finding(
      'bad_color',
      [],
      [],
      'The Task status Waiting (wtg) has the colour "pink"; a colour is written #rrggbb.',
    );
    const site = { Task: [{ code: 'wtg', name: 'Waiting', color: '#abcdef' }] };
    expect(mended(bad, set, site)['Use the site’s colour']?.statuses.task?.[0]?.color).toBe('#abcdef');
    expect(mended(bad, set)['Make it grey']?.statuses.task?.[0]?.color).toBe('#9aa3b2');
    const group = finding('bad_color', [], [], 'The group "A" has the colour "pink"; a colour is written #rrggbb.');
    expect(mended(group, set)['Leave the group plain']?.groups).toBeUndefined();
  });

  it('mends a rule that sets nothing, what is not there, or a class that no status has', () => {
    const empty = rule('a', { then: { set: 'task', to: { roll_up: {} } } });
    const least = mended(finding('empty_to', ['a']), setOf(empty))['Take the status of the least advanced'];
    expect(least?.rules[0]?.then.to).toEqual({ roll_up: { pick: 'least_advanced' } });
    const astray = rule('a', { when: { entity: 'Shot' }, then: { set: 'task', to: ['ip'] } });
    const aimed = mended(finding('no_such_target', ['a']), setOf(astray))['Set its Tasks instead'];
    expect(aimed?.rules[0]?.then.set).toEqual({ tasks_of_shot: {} });
    const cleared = rule('a', { then: { set: 'task', to: ['@none'] } });
    const none = finding('unknown_class', ['a'], [], 'The rule "Rule a" names "@none" to be set; …');
    expect(mended(none, setOf(cleared))['Set no status']?.rules[0]?.then.to).toBe('cleared');
    const classed = rule('a', { if: { target_is_not: ['@blocked'] } });
    const blocked = finding('unknown_class', ['a'], [], 'The rule "Rule a" names the class @blocked, and …');
    expect(mended(blocked, setOf(classed))['Take @blocked out of the rule']?.rules[0]?.if).toBeUndefined();
  });

  it('stops asking for what can never be', () => {
    const silent = rule('a', {
      when: { entity: 'Task', becomes: ['ip'] },
      if: { first_version: true, step: ['Prep'] },
    });
    const ways = mended(finding('never_fires', ['a']), setOf(silent));
    expect(ways['Stop asking: It is the first Version']?.rules[0]?.if).toEqual({ step: ['Prep'] });
    const zero = mended(finding('never_fires', ['a']), setOf(rule('a', { limit: 0 })));
    expect(zero['Take the limit out']?.rules[0]?.limit).toBeUndefined();
  });

  it('offers nothing where only a person can tell', () => {
    for (const code of ['bad_filter', 'not_understood', 'incomplete'] as const) {
      expect(mendsOf(finding(code, ['a']), setOf(rule('a')))).toEqual([]);
    }
  });

  it('leaves everything else as it was', () => {
    const newer = { ...rule('a', { enabled: true }), later: { deep: true } } as Rule;
    const set = setOf(newer, rule('b'));
    const after = mended(finding('shadowed', ['b', 'a']), set)['Switch “Rule b” off'];
    expect(after?.rules[0]).toBe(newer);
    expect(after?.statuses).toBe(set.statuses);
  });
});
