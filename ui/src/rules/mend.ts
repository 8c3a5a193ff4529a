import type { Finding } from '../api/types/Finding';
import type { Rule } from '../api/types/Rule';
import type { RuleSet } from '../api/types/RuleSet';
import type { Status } from '../api/types/Status';
import { S } from '../strings';
import { nameAndCode, safeColor, saidCode, type Statuses } from '../status/lookup';
import {
  freshId,
  likelyTarget,
  paintGroup,
  parkStatus,
  placeStatus,
  putRule,
  putStatus,
  removeRule,
  statusesOf,
  PLAIN,
} from './edit';
import {
  dropCondition,
  switchRule,
  writeCondition,
  writeRule,
  writeTarget,
  writeTo,
  writeWhen,
  writeField,
} from './inspector/write';
import { saidOfTarget } from './inspector/target';
import { plain } from './inspector/sentence';
import { mapCodes, namedIn, withoutCode } from './codes';
import { targetType, typeOf } from './picture';
import { alternatives, list, momentsOf } from './words';

/** One click that mends what the check found. */
export interface Mend {
  label: string;
  apply: (set: RuleSet) => RuleSet;
}

/** What would mend a finding, the likeliest first; none where only a person can tell. */
export function mendsOf(finding: Finding, set: RuleSet, site?: Statuses): Mend[] {
  const rules = finding.rules
    .map((id) => set.rules.find((rule) => rule.id === id))
    .filter((rule): rule is Rule => rule !== undefined);
  switch (finding.code) {
    case 'unknown_status':
    case 'not_valid':
    case 'hidden':
      return ofStatus(finding, set, rules, site);
    case 'unknown_class':
      return ofClass(finding, set, rules);
    case 'duplicate_status':
      return [{ label: S.inspector.mends.once, apply: withoutRepeats }];
    case 'duplicate_rule':
      return [{ label: S.inspector.mends.ownId, apply: withOwnIds }];
    case 'shadowed':
      return rules.slice(0, 1).flatMap(away);
    case 'duplicate_link':
      return ofDouble(finding, rules);
    case 'never_fires':
      return rules.flatMap((rule) => [...ofSilent(rule), off(rule), remove(rule)]);
    case 'fighting':
      return ofFight(rules);
    case 'cycle':
      return ofCycle(set, rules);
    case 'round_trip':
      return ofRoundTrip(finding, set, rules);
    case 'dead':
    case 'unreachable':
    case 'unmapped':
      return ofIdle(finding, set);
    case 'not_on_site':
      return ofForeign(finding, set);
    case 'bad_color':
      return ofColor(finding, set, site);
    case 'empty_to':
      return rules.flatMap(ofEmpty);
    case 'no_such_target':
      return rules.flatMap((rule) => ofTarget(set, rule));
    case 'no_rules':
      return set.rules.slice(0, 3).map((rule) => ({
        label: S.inspector.mends.on(rule.name),
        apply: (before) => changeRule(before, rule.id, (one) => switchRule(one, true)),
      }));
    case 'bad_field':
      return rules.map((rule) => ({
        label: S.inspector.mends.setsStatus,
        apply: (before) => changeRule(before, rule.id, (one) => writeField(one, undefined)),
      }));
    case 'unknown_site':
    case 'bad_elsewhere':
      return rules.map(off);
    case 'bad_filter':
    case 'not_understood':
    case 'incomplete':
      return [];
  }
}

function changeRule(set: RuleSet, id: string, change: (rule: Rule) => Rule): RuleSet {
  const rule = set.rules.find((one) => one.id === id);
  return rule ? putRule(set, change(rule)) : set;
}

function off(rule: Rule): Mend {
  return {
    label: S.inspector.mends.off(rule.name),
    apply: (set) => changeRule(set, rule.id, (one) => switchRule(one, false)),
  };
}

function remove(rule: Rule): Mend {
  return { label: S.inspector.mends.remove(rule.name), apply: (set) => removeRule(set, rule.id) };
}

function away(rule: Rule): Mend[] {
  return [remove(rule), off(rule)];
}

function ofStatus(finding: Finding, set: RuleSet, rules: readonly Rule[], site?: Statuses): Mend[] {
  const at = finding.statuses[0];
  if (!at) return [];
  const type = typeOf(at.column);
  const { code } = at;
  const listed = statusesOf(set, type);
  const here = listed.find((status) => status.code === code);
  const there = site?.[type];
  const mends: Mend[] = [];
  if (!here) {
    const looks = there?.find((status) => status.code === code);
    const meant = nearest(code, listed);
    const use = meant && replaced(rules, type, code, meant);
    const add: Mend = {
      label: S.inspector.mends.add(looks?.name ?? code, type),
      apply: (before) =>
        placeStatus(before, type, {
          code,
          name: looks?.name ?? code,
          group: '',
          color: safeColor(looks?.color) ?? PLAIN,
        }),
    };
    // Where the site has it, it was left out of the column; where it has not, it is misspelt.
    mends.push(...(looks || !use ? [add, ...(use ? [use] : [])] : [use, add]));
  } else if (there && finding.code !== 'hidden') {
    const known = listed.filter((status) => status.code !== code && there.some((one) => one.code === status.code));
    const meant = nearest(code, known) ?? nearest(here.name, known);
    const use = meant && replaced(rules, type, code, meant);
    if (use) mends.push(use);
  }
  return [...mends, ...takenOut(rules, type, code, here?.name ?? code)];
}

function replaced(rules: readonly Rule[], type: string, code: string, by: Status): Mend {
  const change = (rule: Rule) =>
    mapCodes(rule, (of, codes) =>
      of === type ? [...new Set(codes.map((one) => (one === code ? by.code : one)))] : codes,
    );
  return {
    label: S.inspector.mends.meant(saidCode(by) ? nameAndCode(by) : by.name),
    apply: (set) => rules.reduce((before, rule) => changeRule(before, rule.id, change), set),
  };
}

/** Out of each rule that says the same without it; a rule that would say something else is switched off. */
function takenOut(rules: readonly Rule[], type: string, code: string, name: string): Mend[] {
  const { mends } = S.inspector;
  const able = rules.filter((rule) => withoutCode(rule, type, code) !== null);
  const rest = rules.filter((rule) => !able.includes(rule));
  const out: Mend = {
    label: able.length === 1 ? mends.takeOut(name) : mends.takeOutOf(name, able.length),
    apply: (set) =>
      able.reduce((before, { id }) => changeRule(before, id, (rule) => withoutCode(rule, type, code) ?? rule), set),
  };
  const [only] = rest;
  const rested: Mend | null =
    rest.length > 1
      ? {
          label: mends.offAll(rest.length),
          apply: (set) =>
            rest.reduce((before, { id }) => changeRule(before, id, (rule) => switchRule(rule, false)), set),
        }
      : only
        ? off(only)
        : null;
  return [...(able.length > 0 ? [out] : []), ...(rested ? [rested] : [])];
}

function ofClass(finding: Finding, set: RuleSet, rules: readonly Rule[]): Mend[] {
  const code = /@\w+/.exec(finding.message)?.[0];
  if (code === undefined) return [];
  const cleared = rules.filter(({ then }) => code === '@none' && Array.isArray(then.to) && then.to.join() === code);
  if (cleared.length > 0) {
    return [
      {
        label: S.inspector.mends.cleared,
        apply: (before) =>
          cleared.reduce((all, { id }) => changeRule(all, id, (rule) => writeTo(rule, 'cleared')), before),
      },
    ];
  }
  const types = [...new Set(rules.flatMap((rule) => namedIn(rule).filter((one) => one.code === code)))];
  const type = types.map((one) => one.type).find((one) => statusesOf(set, one).every((s) => `@${s.class}` !== code));
  return type === undefined ? [] : takenOut(rules, type, code, code);
}

function withoutRepeats(set: RuleSet): RuleSet {
  const statuses = Object.entries(set.statuses).map(([column, all]): [string, Status[]] => {
    const first = all.filter((status, i) => all.findIndex((one) => one.code === status.code) === i);
    return [column, first];
  });
  return { ...set, statuses: Object.fromEntries(statuses) };
}

function withOwnIds(set: RuleSet): RuleSet {
  const rules: Rule[] = [];
  for (const rule of set.rules) {
    const taken = rules.some((one) => one.id === rule.id);
    rules.push(taken ? { ...rule, id: freshId({ ...set, rules: [...set.rules, ...rules] }, rule.id) } : rule);
  }
  return { ...set, rules };
}

/** The later rule leaves to the earlier one what both do. */
function ofDouble(finding: Finding, rules: readonly Rule[]): Mend[] {
  const [later] = rules;
  if (!later) return [];
  const shared = finding.statuses.map((at) => at.code);
  const left = (later.when.becomes ?? []).filter((code) => !shared.includes(code));
  if (left.length === 0) return away(later);
  const apply = (set: RuleSet) => changeRule(set, later.id, (rule) => writeWhen(rule, { becomes: left }));
  const [, earlier] = rules;
  return [{ label: S.inspector.mends.onlyOne(earlier?.name ?? later.name), apply }, off(later)];
}

function ofSilent(rule: Rule): Mend[] {
  const { mends, conditions } = S.inspector;
  const { when } = rule;
  const change = (label: string, to: (one: Rule) => Rule): Mend => ({
    label,
    apply: (set) => changeRule(set, rule.id, to),
  });
  if (rule.limit === 0) return [change(mends.unlimited, (one) => writeRule(one, { limit: undefined }))];
  const asks = momentsOf(rule).includes('updated');
  if (!asks && (when.field !== undefined || (when.from ?? []).length > 0)) {
    return [change(mends.moments, (one) => writeWhen(one, { on: [...momentsOf(one), 'updated'] }))];
  }
  const all = alternatives(rule);
  if (all.length !== 1 || !all[0]) return [];
  const has = when.entity === 'Version' || when.entity === 'Task';
  const key =
    all[0].first_version && when.entity !== 'Version'
      ? 'first_version'
      : !has && all[0].step
        ? 'step'
        : all[0].text && when.field === undefined && !momentsOf(rule).includes('note_added')
          ? 'text'
          : null;
  return key === null ? [] : [change(mends.drop(conditions[key].name), (one) => dropCondition(one, 0, key))];
}

/** One of two decides: the other leaves out what both begin with, or rests where nothing else is left to it. */
function ofFight(rules: readonly Rule[]): Mend[] {
  const [first, second] = rules;
  if (!first || !second) return rules.map(off);
  const only = (decides: Rule, yields: Rule): Mend => {
    const both = yields.when.entity === decides.when.entity && yields.when.field === decides.when.field;
    const theirs = decides.when.becomes ?? [];
    const left = (yields.when.becomes ?? []).filter((code) => !theirs.includes(code));
    const shared = (yields.when.becomes ?? []).length > left.length;
    const asksMore = decides.if !== undefined && JSON.stringify(decides.if) !== JSON.stringify(yields.if);
    // Without the other rule, somewhere nobody would decide: only switching off says plainly what it does.
    if (!both || !shared || left.length === 0 || asksMore) return off(yields);
    return {
      label: S.inspector.mends.onlyOne(decides.name),
      apply: (set) => changeRule(set, yields.id, (rule) => writeWhen(rule, { becomes: left })),
    };
  };
  return [only(first, second), only(second, first)];
}

function ofCycle(set: RuleSet, rules: readonly Rule[]): Mend[] {
  const last = rules.at(-1);
  if (!last) return [];
  const { mends } = S.inspector;
  const mends_: Mend[] = [];
  if (goesBack(set, rules[0], last)) {
    mends_.push({
      label: mends.neverBackwards(last.name),
      apply: (before) => changeRule(before, last.id, (rule) => inEach(rule, 'never_backwards', true)),
    });
  }
  const asked = alternatives(last).some((one) => one.changed_by !== undefined);
  if (rules.length > 1 && !asked) {
    mends_.push({
      label: mends.outside(last.name),
      apply: (before) => changeRule(before, last.id, (rule) => inEach(rule, 'changed_by', 'outside')),
    });
  }
  return [...mends_, ...rules.slice(0, 3).map(off)];
}

/** Whether what closes the circle goes up its column from wherever the circle began. */
function goesBack(set: RuleSet, first: Rule | undefined, last: Rule): boolean {
  const { to } = last.then;
  const type = targetType(last);
  const begins = first?.when.becomes ?? [];
  if (!first || first.when.entity !== type || begins.length === 0 || !Array.isArray(to)) return false;
  const place = (code: string | undefined) => statusesOf(set, type).findIndex((status) => status.code === code);
  const end = place(to[0]);
  return end >= 0 && begins.every((code) => place(code) > end);
}

function inEach(rule: Rule, key: 'never_backwards' | 'changed_by', value: true | 'outside'): Rule {
  const places = Math.max(1, alternatives(rule).length);
  return Array.from({ length: places }, (_, at) => at).reduce(
    (before, at) => writeCondition(before, at, key, value as never),
    rule,
  );
}

/** The way back accepts what it was, and so leaves it there. */
function ofRoundTrip(finding: Finding, set: RuleSet, rules: readonly Rule[]): Mend[] {
  const [, back] = rules;
  const from = finding.statuses[0];
  if (!back || !from || !Array.isArray(back.then.to)) return rules.map(off);
  const name = statusesOf(set, typeOf(from.column)).find((status) => status.code === from.code)?.name ?? from.code;
  const apply = (before: RuleSet) =>
    changeRule(before, back.id, (rule) =>
      Array.isArray(rule.then.to) ? writeTo(rule, [...rule.then.to, from.code]) : rule,
    );
  return [{ label: S.inspector.mends.keep(back.name, name), apply }, off(back)];
}

/** Statuses that the rules pass by may be parked where no rule names them. */
function ofIdle(finding: Finding, set: RuleSet): Mend[] {
  const named = set.rules.flatMap(namedIn);
  const idle = finding.statuses.filter(
    (at) => !named.some((one) => one.type === typeOf(at.column) && one.code === at.code),
  );
  const names = idle.map(
    (at) => statusesOf(set, typeOf(at.column)).find((status) => status.code === at.code)?.name ?? at.code,
  );
  if (idle.length === 0) return [];
  const said = names.length > 3 ? `${S.inspector.choices.of(names.length)}` : list(names, 'and');
  return [{ label: S.inspector.mends.park(said), apply: (before) => parked(before, idle) }];
}

function parked(set: RuleSet, some: Finding['statuses']): RuleSet {
  return some.reduce((before, at) => parkStatus(before, typeOf(at.column), at.code), set);
}

function ofForeign(finding: Finding, set: RuleSet): Mend[] {
  const at = finding.statuses[0] ?? meantIn(finding, set);
  if (!at) return [];
  const status = statusesOf(set, typeOf(at.column)).find((one) => one.code === at.code);
  return [{ label: S.inspector.mends.park(status?.name ?? at.code), apply: (before) => parked(before, [at]) }];
}

/** The status that a finding about a column speaks of: it says its name and code, and bears no place of its own. */
function meantIn(finding: Finding, set: RuleSet): Finding['statuses'][number] | undefined {
  for (const [column, statuses] of Object.entries(set.statuses)) {
    if (!finding.message.includes(`${typeOf(column)} status`)) continue;
    const found = statuses.find((status) => finding.message.includes(` ${status.name} (${status.code})`));
    if (found) return { column, code: found.code };
  }
  return undefined;
}

function ofColor(finding: Finding, set: RuleSet, site?: Statuses): Mend[] {
  const { mends } = S.inspector;
  const group = /^The group "(.*)" has the colour/.exec(finding.message)?.[1];
  if (group !== undefined) return [{ label: mends.plainGroup, apply: (before) => paintGroup(before, group, null) }];
  const at = finding.statuses[0] ?? meantIn(finding, set);
  if (!at) return [];
  const type = typeOf(at.column);
  const its = safeColor(site?.[type]?.find((one) => one.code === at.code)?.color);
  const apply = (before: RuleSet) => {
    const status = statusesOf(before, type).find((one) => one.code === at.code);
    return status ? putStatus(before, type, { ...status, color: its ?? PLAIN }) : before;
  };
  return [{ label: its ? mends.siteColor : mends.grey, apply }];
}

function ofEmpty(rule: Rule): Mend[] {
  const { to } = rule.then;
  const rolls = typeof to === 'object' && 'roll_up' in to && (to.roll_up.rows ?? []).length === 0;
  if (!rolls) return away(rule).reverse();
  const picked: Mend = {
    label: S.inspector.mends.least,
    apply: (set) =>
      changeRule(set, rule.id, (one) =>
        typeof one.then.to === 'object' && 'roll_up' in one.then.to
          ? writeTo(one, { roll_up: { ...one.then.to.roll_up, pick: 'least_advanced' } })
          : one,
      ),
  };
  return [picked, off(rule)];
}

function ofTarget(set: RuleSet, rule: Rule): Mend[] {
  const { entity } = rule.when;
  const wanted = targetType(rule);
  const target = likelyTarget(entity, wanted);
  if (!target || JSON.stringify(target) === JSON.stringify(rule.then.set)) return [off(rule)];
  const aimed = writeTarget(set, rule, target);
  return [
    {
      label: S.inspector.mends.target(plain(saidOfTarget(set, aimed))),
      apply: (before) => changeRule(before, rule.id, (one) => writeTarget(before, one, target)),
    },
    off(rule),
  ];
}

/** The status that was probably meant: another spelling of its code, or its name. */
export function nearest(code: string, among: readonly Status[]): Status | undefined {
  const wanted = code.toLowerCase();
  const exact = among.find((status) => status.code.toLowerCase() === wanted || status.name.toLowerCase() === wanted);
  if (exact) return exact;
  const ranked = among
    .map((status) => ({
      status,
      far: Math.min(distance(wanted, status.code.toLowerCase()), distance(wanted, status.name.toLowerCase())),
    }))
    .sort((a, b) => a.far - b.far);
  const [best] = ranked;
  return best && best.far <= (wanted.length < 5 ? 1 : 2) ? best.status : undefined;
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...b].entries()) {
      next.push(Math.min((row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1, (row[j] ?? 0) + (letter === other ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
