import type { Finding } from '../api/types/Finding';
import type { LiveRules } from '../api/types/LiveRules';
import type { Rule } from '../api/types/Rule';
import type { RuleSet } from '../api/types/RuleSet';
import type { Status } from '../api/types/Status';
import { targetType } from '../rules/picture';
import { OVERHAUL } from './overhaul';
import rollUp from './rollUp.json';
import { Dice } from './seed';

export function ruleSetOf(name: string | null): RuleSet {
  if (name === 'big') return big();
  if (name === 'rollup') return ROLL_UP;
  if (name === 'wide') return WIDE;
  if (name === 'pale') return PALE;
  return name === 'notes' ? { ...OVERHAUL, rules: [...OVERHAUL.rules, ...NOTE_RULES] } : OVERHAUL;
}

const ROLL_UP = rollUp as unknown as RuleSet;

/** Colours that are lost in the light or in the dark, as a site may have them. */
const LOST = ['#ffffff', '#fffbe0', '#ffff66', '#101010', '#000000', '#161c26', '#eef2f7', ''];

const PALE: RuleSet = {
  ...OVERHAUL,
  name: 'Badly chosen colours',
  statuses: Object.fromEntries(
    Object.entries(OVERHAUL.statuses).map(([column, list]) => [
      column,
      list.map((status, i) => ({ ...status, color: LOST[i % LOST.length]! })),
    ]),
  ),
};

/** Rules that turn a client's words into statuses. */
export const NOTE_RULES: readonly Rule[] = [
  {
    id: 'client-final',
    name: 'A client’s “final” approves',
    when: { entity: 'Version', on: ['note_added'] },
    if: { text: ['final', 'good', 'approved', 'OK for DI'], text_not: ['not'], status_is_not: ['na'] },
    then: { set: 'itself', to: ['apv'] },
  },
  {
    id: 'client-note',
    name: 'A client’s wish is a note',
    when: { entity: 'Version', on: ['note_added'] },
    if: { text: ['please', 'could you', 'not there yet'] },
    then: { set: 'itself', to: ['note'] },
  },
];

/** All that the normal form can say and the studio's own set does not. */
export const WIDE: RuleSet = {
  ...ROLL_UP,
  name: 'Everything a rule can say',
  statuses: { ...ROLL_UP.statuses, version: OVERHAUL.statuses.version ?? [] },
  rules: [
    ...ROLL_UP.rules,
    ...NOTE_RULES,
    {
      id: 'cut-changed',
      name: 'A new cut holds the Shot',
      when: { entity: 'Shot', field: 'sg_cut_duration' },
      then: { set: 'itself', to: ['hld'] },
    },
    {
      id: 'newer-version',
      name: 'A newer Version takes the older ones out of review',
      when: { entity: 'Version', on: ['created'] },
      if: { first_version: false, field_is: { sg_version_type: ['Dailies', 'Client'] } },
      then: { set: { versions: 'others' }, to: ['na'] },
    },
    {
      id: 'next-ready',
      name: 'The next Task is ready',
      when: { entity: 'Task', becomes: ['@done'] },
      then: { set: { next_tasks: { by: 'steps', when_all: ['@done'] } }, to: ['rdy'] },
    },
    {
      id: 'sequence-holds',
      name: 'A held Sequence holds its Shots',
      when: { entity: 'Sequence', becomes: ['hld'] },
      if: { siblings: { of: { below: 'Shot' }, none: ['@done'], ignoring: ['@omitted'] } },
      then: { set: { children: { type: 'Shot' } }, to: 'same' },
    },
    {
      id: 'asset-class',
      name: 'A Shot says of its Tasks what class it is in',
      when: { entity: 'Shot', becomes: ['@blocked', '@omitted'] },
      if: { filter: 'project.name in ("Harbour Lights", "The Quiet Coast")', never_backwards: true },
      then: { set: { tasks_of_shot: {} }, to: 'same_class' },
    },
    {
      id: 'task-trashed',
      name: 'A Task that is put in the trash clears its Version',
      when: { entity: 'Task', on: ['deleted'] },
      then: { set: { versions: 'latest' }, to: 'cleared' },
    },
    {
      id: 'least-asset',
      name: 'An Asset follows its least advanced Shot',
      enabled: false,
      when: { entity: 'Shot' },
      then: { set: { parent: 'Asset' }, to: { roll_up: { pick: 'least_advanced' } } },
    },
    {
      id: 'render-came',
      name: 'A finished render wants a look',
      when: { entity: 'Version', on: ['custom'], event_type: ['Studio_Render_Done', 'Studio_Render_Late'] },
      then: { set: 'itself', to: ['cnv'] },
    },
  ],
};

export function liveRules(name: string | null): LiveRules {
  const document = ruleSetOf(name);
  return {
    live: { revision: 41, name: document.name, since: new Date(Date.now() - 200 * 3_600_000).toISOString() },
    document,
    sentences: Object.fromEntries(document.rules.map((rule) => [rule.id, roughly(rule, document)])),
    findings: name === 'wide' || name === 'rollup' ? [] : FINDINGS,
  };
}

const FINDINGS: Finding[] = [
  {
    level: 'warning',
    code: 'unmapped',
    message: 'Nothing follows from Version N/A and Ready for QC.',
    rules: [],
    statuses: [
      { column: 'version', code: 'na' },
      { column: 'version', code: 'rqc' },
    ],
  },
  {
    level: 'warning',
    code: 'shadowed',
    message: 'A finished roto or paint step also makes the Shot active; the hand-off comes after it.',
    rules: ['roto-paint-handoff'],
    statuses: [],
  },
];

/** 60 statuses and 150 rules: the least that the picture must survive. */
function big(): RuleSet {
  const dice = new Dice(60);
  const column = (prefix: string, n: number): Status[] =>
    Array.from({ length: n }, (_, i) => ({
      code: `${prefix}${i}`,
      name:
        i % 9 === 4
          ? `A status with quite an uncommonly long name, number ${i}`
          : `${prefix.toUpperCase()} status ${i}`,
      group: `Group ${1 + Math.floor(i / 5)}`,
      color: `#${[0, 0, 0].map(() => (64 + dice.below(160)).toString(16).padStart(2, '0')).join('')}`,
    }));
  const rules = Array.from({ length: 150 }, (_, i): Rule => {
    const kind = i % 10;
    const id = `rule-${i}`;
    const name = `Rule ${i}`;
    const enabled = dice.chance(0.12) ? { enabled: false } : {};
    const conditions = dice.chance(0.3) ? { if: { step: ['Composite'] } } : {};
    if (kind < 5)
      return {
        id,
        name,
        ...enabled,
        ...conditions,
        when: { entity: 'Version', becomes: [`v${dice.below(20)}`] },
        then: { set: 'task', to: [`t${dice.below(24)}`] },
      };
    if (kind < 8)
      return {
        id,
        name,
        ...enabled,
        ...conditions,
        when: { entity: 'Task', becomes: [`t${dice.below(24)}`] },
        then: { set: 'shot', to: [`s${dice.below(16)}`] },
      };
    if (kind < 9)
      return {
        id,
        name,
        ...enabled,
        ...conditions,
        when: { entity: 'Shot', becomes: [`s${dice.below(16)}`] },
        then: { set: { tasks_of_shot: {} }, to: [`t${dice.below(24)}`] },
      };
    return {
      id,
      name,
      ...enabled,
      when: { entity: 'Task', becomes: [`t${dice.below(24)}`] },
      then: { set: { tasks_of_shot: { steps: ['Composite'] } }, to: [`t${dice.below(24)}`] },
    };
  });
  return {
    callboard: 1,
    name: 'Sixty statuses',
    statuses: { version: column('v', 20), task: column('t', 24), shot: column('s', 16) },
    rules,
  };
}

/** About what the engine would say. */
function roughly(rule: Rule, set: RuleSet): string {
  const names = (type: string, codes: readonly string[]) =>
    codes
      .map((code) =>
        code.startsWith('@')
          ? `any status that is ${code.slice(1).replace('_', ' ')}`
          : (set.statuses[type.toLowerCase()]?.find((s) => s.code === code)?.name ?? code),
      )
      .join(' or ');
  const { entity, on = ['updated'], becomes = [], field } = rule.when;
  const moment = { updated: 'changes', created: 'is created', deleted: 'is put in the trash', revived: 'comes back' };
  const when = field
    ? `When ${field} of a ${entity} changes`
    : becomes.length > 0
      ? `When a ${entity} becomes ${names(entity, becomes)}`
      : `When a ${entity} ${on.map((one) => moment[one as keyof typeof moment] ?? (one === 'custom' ? 'has an event of its own' : 'gets a note')).join(' or ')}`;
  const conditions = rule.if ? ', under its conditions' : '';
  const target = targetType(rule);
  const { to } = rule.then;
  const wanted = Array.isArray(to)
    ? names(target, to)
    : to === 'cleared'
      ? 'no status'
      : to === 'same'
        ? 'the same status'
        : to === 'same_class'
          ? 'a status of the same class'
          : 'what all that belong to it come to together';
  return `${when}${conditions}, set ${rule.then.set === 'itself' ? 'it' : `its ${target}`} to ${wanted}.`;
}
