import { describe, expect, it } from 'vitest';
import { AskError, type Backend } from '../api';
import type { SiteProject } from '../api/types/SiteProject';
import type { Session } from '../frame/session.svelte';
import { S } from '../strings';
import { othersOf, rowsOf, withMode } from './projects';
import { Projects } from './projects.svelte';
import { asSent, blankSite, changesOf } from './siteIn';

const TOLD: SiteProject[] = [
  { id: 2, name: 'Beacon', archived: false },
  { id: 1, name: 'Anchor', archived: false },
  { id: 3, name: 'Old', archived: true },
];

describe('the rows of projects', () => {
  it('are the site’s by name, with archived ones apart', () => {
    const { active, archived } = rowsOf([], TOLD, '');
    expect(active.map(({ name }) => name)).toEqual(['Anchor', 'Beacon']);
    expect(archived.map(({ name }) => name)).toEqual(['Old']);
  });

  it('keep what is chosen in sight, archived, gone, or not told yet', () => {
    const listed = [
      { id: 3, name: 'Old', write: 'off' },
      { id: 9, name: 'Gone', write: 'ask' },
    ];
    const { active } = rowsOf(listed, TOLD, '');
    expect(active.find(({ id }) => id === 3)).toMatchObject({ write: 'off', archived: true, isGone: false });
    expect(active.find(({ id }) => id === 9)).toMatchObject({ write: 'ask', isGone: true });
    expect(rowsOf(listed, null, '').active.every(({ isGone }) => !isGone)).toBe(true);
  });

  it('are found by a part of the name, whatever its case', () => {
    expect(rowsOf([], TOLD, ' anCH ').active.map(({ id }) => id)).toEqual([1]);
  });

  it('stand where they stood when one is chosen', () => {
    const first = new Set(['2']);
    const names = (listed: Parameters<typeof rowsOf>[0]) =>
      rowsOf(listed, TOLD, '', first).active.map(({ name }) => name);
    expect(names([])).toEqual(['Beacon', 'Anchor']);
    expect(names([{ id: 1, name: 'Anchor', write: 'off' }])).toEqual(['Beacon', 'Anchor']);
  });

  it('take ids as numbers and as text for the same', () => {
    expect(rowsOf([{ id: '2', name: 'Beacon', write: 'act' }], TOLD, '').active).toHaveLength(2);
  });
});

describe('a project’s own mode', () => {
  it('is set, changed and taken away, and the list stays in order', () => {
    const one = withMode([], { id: 2, name: 'Beacon' }, 'ask');
    const two = withMode(one, { id: 1, name: 'Anchor' }, 'off');
    expect(two.map(({ name, write }) => [name, write])).toEqual([
      ['Anchor', 'off'],
      ['Beacon', 'ask'],
    ]);
    expect(withMode(two, { id: 2, name: 'Beacon' }, 'act')[1]).toMatchObject({ write: 'act' });
    expect(withMode(two, { id: 2, name: 'Beacon' }, null)).toHaveLength(1);
  });

  it('is a change of the site, until it is as it was', () => {
    const site = { ...blankSite(), name: 's', url: 's.example' };
    const chosen = { ...site, projects: withMode([], { id: 1, name: 'Anchor' }, 'act') };
    expect(changesOf(site, chosen)).toEqual(['projects']);
    expect(
      changesOf(site, { ...chosen, projects: withMode(chosen.projects, { id: 1, name: 'Anchor' }, null) }),
    ).toEqual([]);
    expect(asSent(chosen).projects).toEqual(chosen.projects);
    expect(asSent(chosen).projects[0]).not.toBe(chosen.projects[0]);
  });
});

it('all other projects are as the site, or left out', () => {
  expect(othersOf({ write: 'act', only_listed: false })).toBe('act');
  expect(othersOf({ write: 'act', only_listed: true })).toBe('off');
  expect(S.sites.projects.others('off', 2)).toMatch(/^All other projects are left out/);
  expect(S.sites.projects.others('act', 0)).toMatch(/^All projects are acted on/);
});

describe('the projects that a site tells', () => {
  const reading = (answer: () => Promise<SiteProject[]>) => {
    const backend = { ask: answer } as unknown as Backend;
    return new Projects({ backend, sentence: (thrown: AskError) => `${thrown.message}.` } as unknown as Session);
  };

  it('are read once for a site', async () => {
    let asked = 0;
    const projects = reading(async () => (asked++, TOLD));
    projects.look('s');
    projects.look('s');
    await new Promise(setImmediate);
    expect(projects.told).toEqual(TOLD);
    expect(asked).toBe(1);
  });

  it('say why they are not known', async () => {
    const projects = reading(async () => {
      throw new AskError('site', 'It does not answer');
    });
    projects.look('s');
    await new Promise(setImmediate);
    expect(projects).toMatchObject({ told: null, reading: false });
    expect(projects.error).toBe('The projects could not be read: It does not answer.');
  });
});
