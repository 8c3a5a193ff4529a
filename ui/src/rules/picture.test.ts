import { describe, expect, it } from 'vitest';
import type { Rule } from '../api/types/Rule';
import type { RuleSet } from '../api/types/RuleSet';
import { OVERHAUL } from '../dev/overhaul';
import { ruleSetOf } from '../dev/ruleSets';
import { beside, layoutOf } from './layout';
import { furtherOn, litBy, looseEnds } from './path';
import { pictureOf } from './picture';

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
    expect(link('Version+>Version:cnv')).toMatchObject({ shape: 'entry', born: true, from: null });
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

  it('has loose ends where nothing follows', () => {
    expect(looseEnds(picture)).toEqual([
      'Version:na',
      'Version:rqc',
      'Task:wtg',
      'Task:nwmdia',
      'Task:ndrp',
      'Task:reqapv',
    ]);
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
