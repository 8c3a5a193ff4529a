import { describe, expect, it } from 'vitest';
import type { Rule } from '../api/types/Rule';
import type { RuleSet } from '../api/types/RuleSet';
import { OVERHAUL } from '../dev/overhaul';
import { liveRules, NOTE_RULES, ruleSetOf, WIDE } from '../dev/ruleSets';
import { beside, layoutOf } from './layout';
import { furtherOn, linksOf, litBy } from './path';
import { nameOfStatus, pictureOf } from './picture';
import { gravest, Stage } from './stage.svelte';
import { conditionWords } from './words';

const picture = pictureOf(OVERHAUL);
const link = (id: string) => picture.links.find((l) => l.id === id)!;

function small(...rules: Rule[]): RuleSet {
  const status = (code: string) => ({ code, name: code.toUpperCase(), group: '', color: '#112233' });
  return {
    callboard: 1,
    name: 'x',
    statuses: { version: ['a', 'b'].map(status), task: ['a', 'c'].map(status) },
    rules,
  };
}

describe('the picture', () => {
  it('has the columns, statuses and links of the studio', () => {
    expect(picture.columns.map((c) => [c.type, c.groups.flatMap((g) => g.pills).length])).toEqual([
      ['Version', 14],
      ['Task', 20],
      ['Shot', 11],
    ]);
    expect(picture.unplaced).toEqual([]);
    expect(link('Version:rev>Task:rev')).toMatchObject({ shape: 'across', enabled: true, condition: '' });
    expect(link('Shot:omt>Task:omt')).toMatchObject({ shape: 'back', enabled: false });
    expect(link('Task:stcomp>Task:bfr')).toMatchObject({ shape: 'within', enabled: false });
    expect(link('Version+>Version:cnv')).toMatchObject({ shape: 'entry', begins: 'created', from: null });
    expect(link('Task:apv>Shot:apv').condition).toContain('Composite');
  });

  it('reads from Version to Shot, however the document came', () => {
    const { shot = [], task = [], version = [] }: RuleSet['statuses'] = OVERHAUL.statuses;
    const shuffled = { shot, asset: [], task, version };
    const read = pictureOf({ ...OVERHAUL, statuses: shuffled });
    expect(read.columns.map((column) => column.type)).toEqual(['Version', 'Task', 'Shot', 'Asset']);
  });

  it('draws two rules with one way as one link', () => {
    expect(link('Version:cnv>Task:cnv').rules.map((r) => r.id)).toEqual(['new-version-check-task', 'version-check']);
    expect(link('Version:cnv>Task:cnv').condition).toBe('');
  });

  it('knows same, any status, and statuses that no column lists', () => {
    const same = pictureOf(
      small({ id: '1', name: '', when: { entity: 'Version' }, then: { set: 'task', to: 'same' } }),
    );
    expect(same.links.map((l) => l.id)).toEqual(['Version:a>Task:a']);
    const ghost = pictureOf(
      small({ id: '1', name: '', when: { entity: 'Task', becomes: ['zz'] }, then: { set: 'shot', to: ['y'] } }),
    );
    expect(ghost.links[0]).toMatchObject({ from: { code: 'zz', unknown: true }, to: { type: 'Shot', unknown: true } });
    const empty = pictureOf(small({ id: '1', name: '', when: { entity: 'Task' }, then: { set: 'itself', to: [] } }));
    expect(empty.unplaced.length).toBe(1);
  });
});

describe('the whole normal form', () => {
  const wide = pictureOf(WIDE);
  const ids = (rule: string) => linksOf(wide, rule).map((l) => l.id);
  const at = (id: string) => wide.links.find((l) => l.id === id)!;

  it('loses no rule: each draws something or is listed', () => {
    const drawn = new Set(wide.links.flatMap((l) => l.rules.map((r) => r.id)));
    for (const rule of WIDE.rules) {
      expect(drawn.has(rule.id) !== wide.unplaced.includes(rule), rule.id).toBe(true);
    }
    expect(wide.unplaced.map((r) => r.id)).toEqual(['task-trashed']);
  });

  it('invents no status out of a class or a word', () => {
    expect([...wide.pills.values()].filter((pill) => pill.unknown)).toEqual([]);
    expect(wide.columns.map((c) => c.type)).toEqual(['Version', 'Task', 'Shot', 'Asset', 'Sequence']);
  });

  it('draws a roll-up from what each row asks about to what it comes to', () => {
    expect(ids('shot-from-tasks')).toEqual([
      'Task:apr>Shot:fin',
      'Task:fin>Shot:fin',
      'Task:wtg>Shot:wtg',
      'Task:rdy>Shot:wtg',
      'Task:hld>Shot:hld',
      'Task:ip>Shot:ip',
      'Task:rev>Shot:ip',
    ]);
    expect(at('Task:apr>Shot:fin').condition).toContain('all its Tasks');
    expect(at('Task:hld>Shot:hld').condition).toContain('any of its Tasks');
    expect(ids('asset-from-tasks')).toContain('Task:rev>Asset:ip');
    expect(at('Shot:fin>Sequence:fin')).toMatchObject({ enabled: false, shape: 'across' });
    expect(ids('least-asset')).toContain('Shot:wtg>Asset:wtg');
    expect(at('Shot:wtg>Asset:wtg').condition).toBe('the least advanced Shot');
  });

  it('enters from beside a column where no status begins it', () => {
    expect(at('Version+note_added>Version:apv')).toMatchObject({
      from: null,
      shape: 'entry',
      sign: 'note',
      begins: 'gets a note',
    });
    expect(at('Version+note_added>Version:apv').condition).toContain('it says “final”, “good”');
    expect(at('Shot+updated,sg_cut_duration>Shot:hld')).toMatchObject({
      sign: 'field',
      begins: 'cut duration changes',
    });
    expect(at('Version+>Version:na')).toMatchObject({ sign: 'created', begins: 'created' });
    expect(at('Version+custom,Studio_Render_Done,Studio_Render_Late>Version:cnv')).toMatchObject({
      begins: 'event Studio Render Done or Studio Render Late',
    });
  });

  it('knows every target, same and same class', () => {
    expect(ids('next-ready')).toEqual(['Task:apr>Task:rdy', 'Task:fin>Task:rdy']);
    expect(ids('sequence-holds')).toEqual(['Sequence:hld>Shot:hld']);
    expect(ids('asset-class')).toEqual(['Shot:hld>Task:hld', 'Shot:omt>Task:omt']);
    expect(at('Sequence:hld>Shot:hld').condition).toBe('none of the Shots below it is a done status');
    expect(at('Shot:hld>Task:hld').condition).toContain('never backwards, the event fits project.name in');
  });

  it('takes a rule that names no status of its own for one about any', () => {
    const any = pictureOf(small({ id: '1', name: '', when: { entity: 'Version' }, then: { set: 'task', to: ['c'] } }));
    expect(any.links.map((l) => l.id)).toEqual(['Version:a>Task:c', 'Version:b>Task:c']);
    const self = pictureOf(
      small({ id: '1', name: '', when: { entity: 'Version' }, then: { set: 'itself', to: ['a'] } }),
    );
    expect(self.links.map((l) => l.id)).toEqual(['Version:b>Version:a']);
  });

  it('takes no field’s value for a status', () => {
    const field = pictureOf(
      small({
        id: '1',
        name: '',
        when: { entity: 'Version', field: 'sg_kind', becomes: ['a'] },
        then: { set: 'task', to: ['c'] },
      }),
    );
    expect(field.links.map((l) => [l.from, l.to.id])).toEqual([[null, 'Task:c']]);
  });

  it('says classes and no status in words', () => {
    expect(nameOfStatus(wide.pills, 'Task', '@done')).toBe('a done status');
    expect(nameOfStatus(wide.pills, 'Task', '@none')).toBe('no status');
    expect(nameOfStatus(wide.pills, 'Task', 'fin')).toBe('Final');
    const words = conditionWords(NOTE_RULES[0]!, 'Version', (_, code) => code);
    expect(words).toBe('it says “final”, “good”, “approved” or “OK for DI”, it does not say “not”, while it is not na');
  });
});

describe('the stage', () => {
  const rest = { rule: 'shot-from-tasks', name: 'x', why: 'It broke', since: '2026-11-20T12:00:00Z' };

  it('marks what is set aside, at both ends, until it is brought back', () => {
    let aside = [rest];
    const stage = new Stage(
      () => liveRules('wide'),
      () => aside,
    );
    const link = stage.picture.links.find((l) => l.id === 'Task:apr>Shot:fin')!;
    expect(stage.restOf(link)).toBe(rest);
    expect(stage.acts(link)).toBe(false);
    expect([...stage.restingPills]).toContain('Shot:fin');
    aside = [];
    const brought = new Stage(
      () => liveRules('wide'),
      () => aside,
    );
    expect(brought.restOf(link)).toBeUndefined();
    expect(brought.acts(link)).toBe(true);
    expect(brought.restingPills.size).toBe(0);
  });

  it('lets findings sit on the statuses that they are about', () => {
    const stage = new Stage(() => liveRules(null));
    expect([...stage.findings.keys()]).toEqual(['Version:na', 'Version:rqc']);
    expect(gravest(stage.findings.get('Version:na')!)).toBe('warning');
    const link = stage.picture.links.find((one) => one.rules.some((rule) => rule.id === 'roto-paint-handoff'))!;
    expect(stage.graveness(link)).toBe('warning');
  });
});

describe('a path', () => {
  it('is whole, from the first column to the last', () => {
    const lit = litBy(picture, { kind: 'pill', id: 'Task:apv' })!;
    expect([...lit.pills].sort()).toEqual(['Shot:apv', 'Task:apv', 'Version:apv', 'Version:hero']);
    expect(lit.links.size).toBe(3);
  });

  it('does not go on past a rule that is switched off', () => {
    const lit = litBy(picture, { kind: 'pill', id: 'Shot:omt' })!;
    expect(lit.links).toContain('Shot:omt>Task:omt');
    expect(litBy(picture, { kind: 'pill', id: 'Version:stcomp' })!.links).not.toContain('Task:stcomp>Task:bfr');
  });

  it('ends where rules go round in a circle', () => {
    const round = pictureOf(
      small(
        { id: '1', name: '', when: { entity: 'Task', becomes: ['a'] }, then: { set: 'itself', to: ['c'] } },
        { id: '2', name: '', when: { entity: 'Task', becomes: ['c'] }, then: { set: 'itself', to: ['a'] } },
      ),
    );
    expect(litBy(round, { kind: 'pill', id: 'Task:a' })!.links.size).toBe(2);
    expect(furtherOn(round, round.links[0]!).map((f) => f.link.id)).toEqual(['Task:c>Task:a']);
  });

  it('of a rule is all that it draws, and nothing else', () => {
    const lit = litBy(picture, { kind: 'rule', id: 'roto-paint-handoff' })!;
    expect([...lit.links]).toEqual(linksOf(picture, 'roto-paint-handoff').map((l) => l.id));
    expect(litBy(picture, { kind: 'rule', id: 'no such rule' })).toBeNull();
  });

  it('tells what follows after a link', () => {
    expect(furtherOn(picture, link('Version:hero>Task:apv')).map((f) => f.link.id)).toEqual(['Task:apv>Shot:apv']);
  });
});

describe('the layout', () => {
  const big = pictureOf(ruleSetOf('big'));

  it.each([
    ['studio', picture],
    ['big', big],
    ['wide', pictureOf(WIDE)],
  ])('of the %s set lays no pill on another and keeps all inside', (_, one) => {
    const layout = layoutOf(one, 1.4);
    const places = [...layout.pills.values()];
    expect(places.length).toBe(one.pills.size);
    for (const a of places) {
      expect(a.x >= 0 && a.x + a.width <= layout.width && a.y + a.height <= layout.height).toBe(true);
      for (const b of places) {
        if (a === b) continue;
        const apart = a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
        expect(apart, `${a.of.id} and ${b.of.id}`).toBe(true);
      }
    }
  });

  it('draws every link, from pill to pill', () => {
    const layout = layoutOf(big, 1.4);
    expect(layout.curves.length).toBe(big.links.length);
    for (const { link: drawn, tip } of layout.curves) {
      const to = layout.pills.get(drawn.to.id)!;
      expect([to.x, to.x + to.width]).toContain(tip.x);
      expect(tip.y).toBeGreaterThan(to.y);
      expect(tip.y).toBeLessThan(to.y + to.height);
    }
  });

  it('stands marks beside one pill apart', () => {
    const entries = layoutOf(pictureOf(WIDE), 1.4).curves.filter(({ link: l }) => l.shape === 'entry');
    for (const a of entries) {
      for (const b of entries) {
        if (a === b) continue;
        expect(Math.hypot(a.middle.x - b.middle.x, a.middle.y - b.middle.y)).toBeGreaterThanOrEqual(13);
      }
    }
  });

  it('spreads the columns where there is room', () => {
    expect(layoutOf(picture, 2).width).toBeGreaterThan(layoutOf(picture, 1).width);
  });

  it('is walked with the arrows, along links first', () => {
    const layout = layoutOf(picture, 1.4);
    expect(beside(layout, picture.columns, 'Version:cnv', 'ArrowDown')).toBe('Version:bkdn');
    expect(beside(layout, picture.columns, 'Version:na', 'ArrowUp')).toBeNull();
    expect(beside(layout, picture.columns, 'Version:note', 'ArrowRight')).toBe('Task:adn');
    expect(beside(layout, picture.columns, 'Version:note', 'ArrowLeft')).toBeNull();
  });
});
