import { describe, expect, it } from 'vitest';
import { draftTrouble, freshDraft, hookOf, projectsOf } from './draft';
import { isLoopback, publicOf } from './addresses';
import { CUSTOM_EVENTS } from './customEvents';
import {
  delivers,
  hasMoment,
  linesOf,
  momentsFor,
  pruned,
  turned,
  typesFor,
  withField,
  withoutField,
  withoutType,
  withType,
  type Lives,
} from './subscription';

const NOTHING = { create: false, update: null, delete: false, revive: false };

describe('the editing of a subscription', () => {
  it('begins a type with any change of any field', () => {
    expect(withType({}, 'Shot')).toEqual({ Shot: { ...NOTHING, update: [] } });
    const had: Lives = { Shot: { ...NOTHING, create: true } };
    expect(withType(had, 'Shot')).toBe(had);
  });

  it('tells any field from no change at all', () => {
    const off = turned(withType({}, 'Shot'), 'Shot', 'update', false);
    expect(off.Shot?.update).toBeNull();
    expect(hasMoment(turned(off, 'Shot', 'update', true).Shot!, 'update')).toBe(true);
  });

  it('names a field once, and takes it out again', () => {
    const one = withField(withField(withType({}, 'Task'), 'Task', ' sg_status_list '), 'Task', 'sg_status_list');
    expect(one.Task?.update).toEqual(['sg_status_list']);
    expect(withField(one, 'Task', '  ')).toBe(one);
    expect(withoutField(one, 'Task', 'sg_status_list').Task?.update).toEqual([]);
    expect(withoutType(one, 'Task')).toEqual({});
  });

  it('does not touch what it was given', () => {
    const lives = withType({}, 'Task');
    turned(lives, 'Task', 'create', true);
    withField(lives, 'Task', 'x');
    expect(lives).toEqual({ Task: { ...NOTHING, update: [] } });
  });
});

describe('a subscription', () => {
  it('reads as sentences, by type', () => {
    const lines = linesOf({
      entities: {
        Version: { ...NOTHING, create: true, update: ['sg_status_list', 'sg_task'] },
        Shot: { ...NOTHING, update: [], delete: true, revive: true },
        Note: NOTHING,
      },
    });
    expect(lines).toEqual([
      'Shot: when any field changes, put in the trash, taken out of the trash',
      'Version: when one is made, when sg_status_list or sg_task changes',
    ]);
    expect(linesOf({ custom: 'Shotgun_User_Login' })).toEqual(['the custom event Shotgun_User_Login']);
    expect(linesOf({ entities: {} })).toEqual(['nothing']);
  });

  it('without a moment delivers nothing, and such a type is not sent', () => {
    expect(delivers({ entities: { Note: NOTHING } })).toBe(false);
    const pair = { entities: { Note: NOTHING, Shot: { ...NOTHING, update: [] } } };
    expect(delivers(pair)).toBe(true);
    expect(pruned(pair)).toEqual({ entities: { Shot: { ...NOTHING, update: [] } } });
    expect(delivers({ custom: '  ' })).toBe(false);
  });
});

describe('a subscription at ftrack', () => {
  it('offers neither the trash nor custom events, and its own types', () => {
    expect(momentsFor('ftrack')).toEqual(['create', 'update']);
    expect(momentsFor('shotgrid')).toContain('revive');
    expect(typesFor('ftrack')).toContain('AssetBuild');
    expect(typesFor('shotgrid')).not.toContain('AssetBuild');
    expect(linesOf({ custom: 'entity.id == "7"' }, 'ftrack')).toEqual(['what passes this filter: entity.id == "7"']);
  });

  it('sends each event by itself, from projects with long ids', () => {
    const id = '0b0b8e1c-8d2e-11f0-9d6a-0242ac110002';
    expect(freshDraft('west', 'ftrack', []).batched).toBe(false);
    expect(projectsOf(`${id}, 122`)).toEqual([id, 122]);
    expect(projectsOf('0b0b8e1c')).toBeNull();
  });
});

describe('a hook that is being written', () => {
  const whole = { ...freshDraft('studio', 'shotgrid', []), subscription: { custom: 'Shotgun_User_Login' } };

  it('finds a free name', () => {
    expect(freshDraft('studio', 'shotgrid', ['status', 'status-2']).name).toBe('status-3');
  });

  it('says what keeps it from being made', () => {
    expect(draftTrouble(whole, [])).toBeNull();
    expect(draftTrouble(whole, ['status'])).toMatch(/There is a hook/);
    expect(draftTrouble({ ...whole, name: 'Status hook' }, [])).toMatch(/small letters/);
    expect(draftTrouble({ ...whole, subscription: { entities: {} } }, [])).toMatch(/at least one type/);
    expect(draftTrouble({ ...whole, projects: '122, Harbour' }, [])).toMatch(/numbers/);
  });

  it('reads project ids as people write them', () => {
    expect(projectsOf(' 122, 141;7 ')).toEqual([122, 141, 7]);
    expect(projectsOf('')).toEqual([]);
    expect(hookOf({ ...whole, projects: '122' }).projects).toEqual([122]);
  });
});

it('a public address is https and a host alone', () => {
  expect(publicOf(' https://callboard.studio.example/ ')).toBe('https://callboard.studio.example');
  expect(publicOf('https://callboard.studio.example:8443')).toBe('https://callboard.studio.example:8443');
  for (const bad of ['http://a.example', 'https://a.example/hooks', 'https://a.example?x', 'a.example', ''])
    expect(publicOf(bad)).toBeNull();
});

it('every custom event of the documentation can be chosen, once', () => {
  expect(CUSTOM_EVENTS).toHaveLength(40);
  expect(new Set(CUSTOM_EVENTS).size).toBe(40);
});

it('only an address on this computer reaches the receiver without a public one', () => {
  for (const here of ['http://127.0.0.1:7080', 'http://localhost', 'http://[::1]:80'])
    expect(isLoopback(here)).toBe(true);
  for (const there of ['https://127.0.0.1.example', 'http://10.0.0.4', 'https://localhost.example', 'nonsense'])
    expect(isLoopback(there)).toBe(false);
});
