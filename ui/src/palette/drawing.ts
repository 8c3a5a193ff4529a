import type { Rule } from '../api/types/Rule';
import type { RuleSet } from '../api/types/RuleSet';
import { likelyTarget, link, parkStatus, putRule, removeRule, unlink, unpark } from '../rules/edit';
import { pillId, type Link, type Pill, type Site } from '../rules/picture';
import { saidCode } from '../status/lookup';
import { S } from '../strings';
import type { Command, House, Step } from './commands';

/** The way a change goes; other types come after. */
const CHAIN = ['Version', 'Task', 'Shot'];

/** The commands that change the rules by asking further: which status, which rule. */
export function drawing(house: House, document: RuleSet): Command[] {
  const t = S.palette;
  const { picture } = house;
  const steps: [id: string, title: string, into: () => Step, keys?: string][] = [
    ['link', t.link, () => linkFrom(house), 'L'],
    [
      'unlink',
      t.unlink,
      () =>
        step(
          'unlink',
          t.whichLink,
          picture.links.map((one) => linkGoes(house, one)),
        ),
      'Del',
    ],
    [
      'turn',
      t.turn,
      () =>
        step(
          'turn',
          t.whichTurn,
          document.rules.map((rule) => turn(house, rule)),
        ),
    ],
    [
      'remove',
      t.remove,
      () =>
        step(
          'remove',
          t.whichRemove,
          document.rules.map((rule) => remove(house, rule)),
        ),
    ],
    [
      'add',
      t.add,
      () =>
        step(
          'add',
          t.whichAdd,
          parked(house).map((pill) => add(house, pill)),
        ),
    ],
    [
      'park',
      t.park,
      () =>
        step(
          'park',
          t.whichPark,
          placed(house).map((pill) => park(house, pill)),
        ),
    ],
  ];
  return steps.map(([id, title, into, keys]) => ({ id, group: 'edit', title, keys, into }));
}

function step(id: string, asks: string, commands: readonly Command[]): Step {
  return { id, asks, commands };
}

function linkFrom(house: House): Step {
  const all = [...placed(house), ...named(house), ...parked(house)];
  const t = S.palette;
  return step(
    'link-from',
    t.linkFrom,
    all.map((pill) => ({ ...status(house, pill), into: () => linkTo(house, pill, all) })),
  );
}

function linkTo(house: House, from: Pill, all: readonly Pill[]): Step {
  const t = S.palette;
  const types = house.picture.columns.map((column) => column.type);
  const next = types[types.indexOf(from.type) + 1];
  const rank = (pill: Pill) => (pill.type === next ? 0 : 1);
  return step(
    'link-to',
    t.linkTo(nameOf(from)),
    all
      .filter((to) => to.id !== from.id && likelyTarget(from.type, to.type) !== null)
      .sort((a, b) => rank(a) - rank(b))
      .map((to) => ({ ...status(house, to), run: () => connect(house, from, to) })),
  );
}

function connect(house: House, from: Pill, to: Pill): void {
  house.edit(
    S.edit.did.link(from.name, to.name),
    (set) => {
      const whole = used(used(set, from, house.site), to, house.site);
      return link(whole, from, to)?.set ?? whole;
    },
    S.palette.done.linked(nameOf(from), nameOf(to)),
    { kind: 'link', id: `${from.id}>${to.id}` },
  );
}

/** A status that was parked comes into its column. */
function used(set: RuleSet, { type, code, unknown }: Pill, site: Site): RuleSet {
  return unknown ? set : unpark(set, type, code, site[type] ?? []);
}

function linkGoes(house: House, gone: Link): Command {
  const t = S.palette;
  const from = gone.from ? nameOf(gone.from) : `${gone.when} ${gone.begins}`;
  const title = t.linkIs(from, nameOf(gone.to));
  const [whole] = house.document ? unlink(house.document, gone).together : [];
  return {
    id: `link ${gone.id}`,
    group: 'edit',
    title,
    detail: gone.condition,
    words: [gone.from?.code, gone.to.code, ...gone.rules.map((rule) => rule.name)].join(' '),
    color: gone.from?.color,
    run: () =>
      house.edit(
        S.edit.did.unlink,
        (set) => unlink(set, gone).set,
        whole ? S.edit.together(whole.name) : t.done.unlinked(title),
      ),
  };
}

function turn(house: House, rule: Rule): Command {
  const t = S.palette;
  const on = rule.enabled !== false;
  const rest = { ...rule };
  delete rest.enabled;
  return {
    id: `turn ${rule.id}`,
    group: 'rule',
    title: rule.name,
    detail: on ? t.on : t.off,
    words: rule.id,
    run: () =>
      house.edit(
        on ? t.did.off(rule.name) : t.did.on(rule.name),
        (set) => putRule(set, on ? { ...rest, enabled: false } : rest),
        on ? t.done.off(rule.name) : t.done.on(rule.name),
        { kind: 'rule', id: rule.id },
      ),
  };
}

function remove(house: House, rule: Rule): Command {
  const t = S.palette;
  return {
    id: `remove ${rule.id}`,
    group: 'rule',
    title: rule.name,
    words: rule.id,
    run: () =>
      house.edit(S.edit.did.removeRule(rule.name), (set) => removeRule(set, rule.id), t.done.removed(rule.name)),
  };
}

function add(house: House, pill: Pill): Command {
  return {
    ...status(house, pill),
    detail: saidCode(pill) ?? undefined,
    run: () =>
      house.edit(
        S.edit.did.addStatus(pill.name),
        (set) => used(set, pill, house.site),
        S.palette.done.added(pill.name, pill.type),
        { kind: 'pill', id: pill.id },
      ),
  };
}

function park(house: House, pill: Pill): Command {
  return {
    ...status(house, pill),
    run: () =>
      house.edit(
        S.edit.did.park(pill.name),
        (set) => parkStatus(set, pill.type, pill.code),
        S.palette.done.parked(pill.name),
      ),
  };
}

function status(house: House, pill: Pill): Command {
  const there = house.picture.pills.has(pill.id);
  return {
    id: `status ${pill.id}`,
    group: 'status',
    title: nameOf(pill),
    detail: [saidCode(pill), there ? null : S.palette.notUsed].filter(Boolean).join(', '),
    words: pill.code,
    color: pill.color,
  };
}

function nameOf(pill: Pill): string {
  return S.palette.status(pill.type, pill.name);
}

/** The statuses that stand in columns. */
function placed({ picture }: House): Pill[] {
  return [...picture.pills.values()].filter((pill) => !pill.unknown);
}

/** The statuses that rules name and no column has. */
function named({ picture }: House): Pill[] {
  return [...picture.pills.values()].filter((pill) => pill.unknown);
}

/** The statuses of the site that are in no column, of types without a column too. */
function parked({ picture, site }: House): Pill[] {
  const types = [...new Set([...picture.columns.map((column) => column.type), ...CHAIN, ...Object.keys(site)])];
  return types.flatMap((type) =>
    (site[type] ?? []).flatMap(({ code, name, color }): Pill[] => {
      const id = pillId(type, code);
      const there = picture.pills.get(id);
      if (there && !there.unknown) return [];
      return [{ id, type, code, name: name || code, color: color ?? '', unknown: false, onSite: true }];
    }),
  );
}
