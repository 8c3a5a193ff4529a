import { beforeEach, describe, expect, it, vi } from 'vitest';
import { AskError, type Listener } from '../api';
import type { Ask } from '../api/types/Ask';
import type { IssueView } from '../api/types/IssueView';
import type { Overview } from '../api/types/Overview';
import type { Place } from '../api/types/Place';
import { PracticeIssues } from '../dev/issues';
import { go } from '../frame/place';
import { Session } from '../frame/session.svelte';
import { Issues } from './issues.svelte';
import { gravityOf, inOrder, neighbour } from './order';

beforeEach(() => {
  vi.stubGlobal('location', { hash: '', pathname: '/', search: '' });
  vi.stubGlobal('history', { replaceState: () => {} });
});

const named = (...keys: string[]) => keys.map((key) => ({ key }) as IssueView);

function stage(query = '') {
  const engine = new PracticeIssues('full', new URLSearchParams(query), Date.now());
  const fails = new Set<Ask['ask']>();
  let tell: Listener | undefined;
  const session = new Session({
    ask: async (one: Ask) => {
      if (fails.has(one.ask)) throw new AskError('journal', 'the disk is full');
      if (one.ask === 'overview') return { sites: [{}], issues: engine.needed } as Overview as never;
      return engine.answer(one as Parameters<PracticeIssues['answer']>[0]) as never;
    },
    listen: (listener) => {
      tell = listener;
      return () => {};
    },
  });
  return { session, issues: new Issues(session), fails, live: () => tell?.connection('live') };
}

async function looked(query = '') {
  const on = stage(query);
  const stop = on.issues.start();
  await vi.waitFor(() => expect(on.issues.phase).not.toBe('loading'));
  return { ...on, stop };
}

describe('the order of open issues', () => {
  it('keeps the places of what stands there, with new ones on top', () => {
    const keys = inOrder(named('new', 'b', 'a'), ['a', 'gone', 'b']).map(({ key }) => key);
    expect(keys).toEqual(['new', 'a', 'b']);
  });

  it('is the engine’s where nothing stood there yet', () => {
    expect(inOrder(named('b', 'a'), []).map(({ key }) => key)).toEqual(['b', 'a']);
  });

  it('gives the focus to the next one, then to the one before', () => {
    expect(neighbour(['a', 'b', 'c'], 'b')).toBe('c');
    expect(neighbour(['a', 'b'], 'b')).toBe('a');
    expect(neighbour(['a'], 'a')).toBeNull();
  });

  it('tells what stands still from what is to be looked at', () => {
    expect(gravityOf('hook_failed')).toBe('bad');
    expect(gravityOf('hook_unstable')).toBe('warn');
  });
});

describe('the issues', () => {
  it('stay where they are when one is acknowledged', async () => {
    const { session, issues } = await looked();
    session.overview = { issues: 3 } as Overview;
    const before = issues.open.map(({ key }) => key);
    expect(await issues.acknowledge(issues.open[0]!)).toBe(true);
    expect(issues.open.map(({ key }) => key)).toEqual(before);
    expect(issues.open[0]).toMatchObject({ state: 'acknowledged', acknowledged_by: 'Mara Lindqvist' });
    expect(issues.said).toMatch(/stays open/);
    expect(session.overview).toMatchObject({ issues: 2 });
  });

  it('go to the resolved ones when resolved, and say that they may open again', async () => {
    const { issues } = await looked();
    const first = issues.open[0]!;
    await issues.resolve(first);
    expect(issues.open.map(({ key }) => key)).not.toContain(first.key);
    expect(issues.view.resolved[0]).toMatchObject({ key: first.key, state: 'resolved' });
    expect(issues.said).toMatch(/opens by itself/);
  });

  it('say why something was not done, and stay as they are', async () => {
    const { issues, fails } = await looked();
    fails.add('resolve_issue');
    const before = issues.open.length;
    expect(await issues.resolve(issues.open[0]!)).toBe(false);
    expect(issues.trouble).toBe('It was not resolved: The disk is full.');
    expect(issues.open).toHaveLength(before);
  });

  it('that cannot be read are broken only where none were read before', async () => {
    const { issues, fails } = await looked();
    fails.add('issues');
    await issues.load();
    expect(issues.phase).toBe('ready');
    expect(issues.error).toBe('The disk is full.');
    const other = stage();
    other.fails.add('issues');
    await other.issues.load();
    expect(other.issues.phase).toBe('broken');
  });

  it('are read again after the line was broken, while somebody looks', async () => {
    const { session, issues, fails, live, stop } = await looked();
    const end = session.start();
    fails.add('issues');
    live();
    await vi.waitFor(() => expect(issues.error).not.toBeNull());
    stop();
    fails.delete('issues');
    live();
    await new Promise(setImmediate);
    expect(issues.error).not.toBeNull();
    end();
  });
});

describe('a place', () => {
  const show = vi.fn(async (_: number) => {});
  const to = (place: Place) => {
    const { session } = stage();
    session.issuesOpen = true;
    session.inboxOpen = true;
    go(place, session, { show });
    return session;
  };

  it('of an event is its drawer in the feed', () => {
    expect(to({ place: 'event', seq: 12 }).view).toBe('feed');
    expect(show).toHaveBeenCalledWith(12);
  });

  it('of a hook, a rule or a site is its view', () => {
    expect(to({ place: 'hook', hook: 'status' })).toMatchObject({
      view: 'hooks',
      hooksWanted: { kind: 'hook', name: 'status' },
    });
    expect(to({ place: 'rule', rule: 'r' })).toMatchObject({ view: 'rules', wantedRule: 'r' });
    expect(to({ place: 'site', site: 's' })).toMatchObject({ view: 'sites', wantedSite: 's', connecting: false });
  });

  it('closes what lay over the view, and opens what it is itself', () => {
    expect(to({ place: 'site', site: 's' })).toMatchObject({ issuesOpen: false, inboxOpen: false });
    expect(to({ place: 'inbox' })).toMatchObject({ issuesOpen: false, inboxOpen: true });
    expect(to({ place: 'issues' })).toMatchObject({ issuesOpen: true, inboxOpen: false });
  });
});
