import { beforeEach, describe, expect, it, vi } from 'vitest';
import { AskError } from '../api';
import type { Ask } from '../api/types/Ask';
import type { Overview } from '../api/types/Overview';
import { PracticeSites } from '../dev/sites';
import { Session } from '../frame/session.svelte';
import { Practice } from './practice.svelte';

beforeEach(() => {
  vi.stubGlobal('location', { hash: '#sites', pathname: '/', search: '' });
  vi.stubGlobal('history', { replaceState: () => {} });
});

function stage() {
  const engine = new PracticeSites('empty', new URLSearchParams('sites=none'));
  const fails = new Set<Ask['ask']>();
  const asked: Ask['ask'][] = [];
  const overview = () => {
    const sites = engine.views((site) => ({ site, state: 'live' }) as never);
    return { sites, can_practice: engine.canPractice } as Overview;
  };
  const session = new Session({
    ask: async (one: Ask) => {
      asked.push(one.ask);
      if (fails.has(one.ask)) throw new AskError('bad_request', 'a site named “practice” is configured already');
      if (one.ask === 'start_practice') engine.startPractice();
      if (one.ask === 'remove_site') engine.remove(one.site);
      return overview() as never;
    },
    listen: () => () => {},
  });
  session.overview = overview();
  return { session, practice: new Practice(session), fails, asked };
}

describe('the practice production', () => {
  it('starts with one press and shows the feed', async () => {
    const { session, practice } = stage();
    session.connectSite();
    expect(practice.isOffered).toBe(true);
    const starting = practice.start();
    expect(practice.state).toBe('starting');
    await starting;
    expect(session).toMatchObject({ view: 'feed', connecting: false });
    expect(practice).toMatchObject({ isOffered: false, canEnd: true, state: 'none' });
  });

  it('is started once, however often it is pressed', async () => {
    const { practice, asked } = stage();
    await Promise.all([practice.start(), practice.start()]);
    expect(asked).toEqual(['start_practice']);
  });

  it('says why it was not started, and stays where it is', async () => {
    const { session, practice, fails } = stage();
    fails.add('start_practice');
    session.connectSite();
    await practice.start();
    expect(practice.wrong).toBe(
      'The practice production was not started: A site named “practice” is configured already.',
    );
    expect(session).toMatchObject({ view: 'sites', connecting: true });
  });

  it('is ended from here, and can be started again', async () => {
    const { practice } = stage();
    await practice.start();
    await practice.end();
    expect(practice).toMatchObject({ isOffered: true, canEnd: false });
  });

  it('says why it has not ended', async () => {
    const { session, practice, fails } = stage();
    await practice.start();
    fails.add('remove_site');
    await practice.end();
    expect(session.trouble).toMatch(/^The practice production has not ended: /);
    expect(practice.canEnd).toBe(true);
  });
});
