import { describe, expect, it } from 'vitest';
import type { RuleSet } from '../api/types/RuleSet';
import { pictureOf, type Site } from '../rules/picture';
import type { Wanted } from '../rules/wanted';
import { commandsOf, type Command, type House, type Step } from './commands';

const status = (code: string, name: string) => ({ code, name, group: '', color: '#123456' });

const SET: RuleSet = {
  callboard: 1,
  name: 'Some',
  statuses: {
    version: [status('cnv', 'Check New Version'), status('apv', 'Approved')],
    task: [status('wtg', 'Waiting'), status('apv', 'Approved')],
  },
  rules: [
    {
      id: 'approved',
      name: 'Approved is approved',
      when: { entity: 'Version', becomes: ['apv'] },
      then: { set: 'task', to: ['apv'] },
    },
  ],
};

const SITE: Site = {
  Version: [{ code: 'cnv', name: 'Check New Version', color: null }],
  Shot: [{ code: 'actv', name: 'Active', color: '#00ff00' }],
};

function houseOf(set: RuleSet | null, with_: Partial<House> = {}) {
  const done: unknown[] = [];
  let now = set;
  const note = (what: string) => () => void done.push(what);
  const house: House = {
    view: 'rules',
    paused: false,
    waiting: 0,
    issues: 0,
    theme: 'dark',
    quit: null,
    document: set,
    picture: pictureOf(set ?? { callboard: 1, name: '', statuses: {}, rules: [] }, SITE),
    site: SITE,
    drafted: false,
    errors: 0,
    undoes: undefined,
    redoes: undefined,
    feed: [],
    hooks: [],
    go: (view) => void done.push(view),
    wantHooks: (wanted) => void done.push(wanted),
    connect: note('connect'),
    pause: note('pause'),
    notes: note('notes'),
    inbox: note('inbox'),
    openIssues: note('issues'),
    exporting: false,
    exportFeed: note('exportFeed'),
    outgoing: note('outgoing'),
    preferences: note('preferences'),
    turnTheme: note('theme'),
    keys: note('keys'),
    search: note('search'),
    undo: note('undo'),
    redo: note('redo'),
    fresh: (kind) => void done.push(kind),
    discard: note('discard'),
    want: (wanted) => void done.push(wanted),
    edit: (_, change, __, show?: Wanted) => {
      if (now) now = change(now);
      if (show) done.push(show);
    },
    ...with_,
  };
  return { house, done, set: () => now! };
}

function named(commands: readonly Command[], id: string): Command {
  const command = commands.find((one) => one.id === id);
  if (!command) throw new Error(`no command ${id}`);
  return command;
}

function stepOf(house: House, id: string): Step {
  return named(commandsOf(house), id).into!();
}

describe('the commands', () => {
  it('each have an id of their own', () => {
    const ids = commandsOf(houseOf(SET, { undoes: 'a', redoes: 'b', drafted: true }).house).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('name every status and every rule, and lead there', () => {
    const { house, done } = houseOf(SET);
    named(commandsOf(house), 'status Task:apv').run!();
    named(commandsOf(house), 'rule approved').run!();
    expect(done).toEqual([
      { kind: 'pill', id: 'Task:apv' },
      { kind: 'rule', id: 'approved' },
    ]);
  });

  it('say why nothing can go live', () => {
    const goLive = (with_: Partial<House>) => named(commandsOf(houseOf(SET, with_).house), 'go_live');
    expect(goLive({}).shut).toMatch(/live already/);
    expect(goLive({ drafted: true, errors: 2 }).shut).toMatch(/errors/);
    expect(goLive({ drafted: true }).shut).toBeUndefined();
  });

  it('undo only what was done, and say what', () => {
    expect(commandsOf(houseOf(SET).house).some(({ id }) => id === 'undo')).toBe(false);
    expect(named(commandsOf(houseOf(SET, { undoes: 'Park Approved' }).house), 'undo').title).toBe(
      'Undo: Park Approved',
    );
  });

  it('without rules only import some', () => {
    const ids = commandsOf(houseOf(null).house).map(({ id }) => id);
    expect(ids).toContain('import');
    expect(ids).not.toContain('link');
  });

  it('name every hook, and test one only where one is seen', () => {
    const { house, done } = houseOf(SET, { hooks: ['status', 'tasks'], view: 'hooks' });
    named(commandsOf(house), 'hook tasks').run!();
    named(commandsOf(house), 'test hook').run!();
    expect(done).toEqual([{ kind: 'hook', name: 'tasks' }, { kind: 'test' }]);
    const elsewhere = commandsOf(houseOf(SET, { hooks: ['status'], view: 'feed' }).house);
    expect(elsewhere.some(({ id }) => id === 'test hook')).toBe(false);
  });

  it('begin with what belongs to the view', () => {
    expect(commandsOf(houseOf(SET).house)[0]?.id).toBe('link');
    expect(commandsOf(houseOf(SET, { view: 'feed' }).house)[0]?.id).toBe('rules');
  });
});

describe('a command that asks further', () => {
  it('draws a link from one status to another', () => {
    const { house, done, set } = houseOf(SET);
    const from = stepOf(house, 'link');
    expect(from.id).toBe('link-from');
    const to = named(from.commands, 'status Version:cnv').into!();
    expect(to).toMatchObject({ id: 'link-to', asks: 'Version Check New Version sets which status?' });
    expect(to.commands[0]?.title).toBe('Task Waiting');
    expect(to.commands.some(({ id }) => id === 'status Version:cnv')).toBe(false);
    named(to.commands, 'status Task:wtg').run!();
    expect(set().rules.at(-1)).toMatchObject({ when: { becomes: ['cnv'] }, then: { set: 'task', to: ['wtg'] } });
    expect(done).toEqual([{ kind: 'link', id: 'Version:cnv>Task:wtg' }]);
  });

  it('takes statuses of the site into their columns when a link needs them', () => {
    const { house, set } = houseOf(SET);
    const to = named(stepOf(house, 'link').commands, 'status Task:apv').into!();
    named(to.commands, 'status Shot:actv').run!();
    expect(set().statuses.shot).toMatchObject([{ code: 'actv', name: 'Active' }]);
  });

  it('adds statuses that no column has, and parks those that one has', () => {
    const { house, set } = houseOf(SET);
    const add = stepOf(house, 'add').commands;
    expect(add.map(({ id }) => id)).toEqual(['status Shot:actv']);
    add[0]!.run!();
    named(stepOf(house, 'park').commands, 'status Task:wtg').run!();
    expect(set().statuses.shot).toHaveLength(1);
    expect(set().statuses.task).toMatchObject([{ code: 'apv' }]);
  });

  it('switches a rule off and on again', () => {
    const { house, set } = houseOf(SET);
    stepOf(house, 'turn').commands[0]!.run!();
    expect(set().rules[0]).toMatchObject({ id: 'approved', enabled: false });
    const off = houseOf(set());
    stepOf(off.house, 'turn').commands[0]!.run!();
    expect(off.set().rules[0]).toEqual(SET.rules[0]);
  });

  it('removes a rule, and a link', () => {
    const rule = houseOf(SET);
    stepOf(rule.house, 'remove').commands[0]!.run!();
    expect(rule.set().rules).toEqual([]);
    const link = houseOf(SET);
    stepOf(link.house, 'unlink').commands[0]!.run!();
    expect(link.set().rules).toEqual([]);
  });
});
