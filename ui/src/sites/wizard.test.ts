import { beforeEach, describe, expect, it, vi } from 'vitest';
import { AskError, type Listener } from '../api';
import type { Ask } from '../api/types/Ask';
import type { FeedRow } from '../api/types/FeedRow';
import type { Overview } from '../api/types/Overview';
import { PracticeHooks } from '../dev/hooks';
import { PracticeSites } from '../dev/sites';
import { Session } from '../frame/session.svelte';
import { Hooks } from '../hooks/hooks.svelte';
import { firstOf } from './steps';
import { Wizard } from './wizard.svelte';

beforeEach(() => {
  vi.stubGlobal('location', { hash: '', pathname: '/', search: '' });
  vi.stubGlobal('history', { replaceState: () => {} });
});

function row(change: Partial<FeedRow>): FeedRow {
  const received_at = new Date(Date.now() + 1_000).toISOString();
  return { seq: 1, site: 'harbour', operation: 'update', received_at, ...change } as FeedRow;
}

/** A made-up engine without a site. */
function stage(query = '') {
  const address = new URLSearchParams(`sites=none&hooks=none&${query}`);
  const hooksEngine = new PracticeHooks('full', address, Date.now());
  const sitesEngine = new PracticeSites('full', address);
  const asked: Ask[] = [];
  const fails = new Set<Ask['ask']>();
  let tell: Listener | undefined;
  const overview = () =>
    ({ sites: sitesEngine.views((site) => hooksEngine.log(site)), hooks: hooksEngine.health() }) as Overview;
  const ask = async (one: Ask) => {
    asked.push(structuredClone(one));
    if (fails.has(one.ask)) throw new AskError('site', 'The site does not answer');
    if (one.ask === 'overview') return overview() as never;
    if (one.ask === 'put_site') {
      sitesEngine.put(one.site);
      return overview() as never;
    }
    if (one.ask === 'sites' || one.ask === 'examine' || one.ask === 'check_reach')
      return sitesEngine.answer(one) as never;
    return hooksEngine.answer(one as Parameters<PracticeHooks['answer']>[0]) as never;
  };
  const session = new Session({
    ask,
    listen: (listener) => {
      tell = listener;
      return () => {};
    },
  });
  const hooks = new Hooks(session);
  const wizard = new Wizard(session, hooks);
  const of = <A extends Ask['ask']>(kind: A) =>
    asked.filter((one): one is Extract<Ask, { ask: A }> => one.ask === kind);
  return {
    session,
    hooks,
    wizard,
    of,
    fails,
    hear: (rows: FeedRow[]) => tell?.news({ news: 'rows', rows }),
    reconnect: () => tell?.connection('live'),
  };
}

async function examined(query = '') {
  const on = stage(query);
  on.wizard.writeUrl('harbour.shotgrid.autodesk.com');
  on.wizard.next();
  on.wizard.write({ script_key: 'secret' });
  on.wizard.next();
  await vi.waitFor(() => expect(on.wizard.examining).toBe(false));
  return on;
}

describe('the wizard', () => {
  it('saves what is chosen while it saves, and shows what holds where that fails', async () => {
    const { wizard, of, fails } = await examined();
    const connecting = wizard.connect();
    wizard.write({ write: 'act' });
    await connecting;
    expect(of('put_site').map((one) => one.site.write)).toEqual(['watch', 'act']);
    expect([wizard.connected, wizard.connecting, wizard.site.script_key]).toEqual([true, false, undefined]);

    const again = [
      wizard.write({ write: 'ask' }),
      wizard.connect(),
      wizard.write({ write: 'watch' }),
      wizard.connect(),
    ];
    await Promise.all(again);
    expect(of('put_site').map((one) => one.site.write)).toEqual(['watch', 'act', 'ask', 'watch']);

    fails.add('put_site');
    wizard.write({ write: 'act' });
    await wizard.connect();
    expect([wizard.site.write, wizard.error !== null]).toEqual(['watch', true]);
  });

  it('opens by itself where no site is connected, once', async () => {
    const { session, of, reconnect } = stage();
    const stop = session.start();
    await vi.waitFor(() => expect(session.view).toBe('sites'));
    expect(session.connecting).toBe(true);
    session.go('feed');
    const asked = of('overview').length;
    reconnect();
    await vi.waitFor(() => expect(of('overview').length).toBe(asked + 1));
    await new Promise(setImmediate);
    expect(session.view).toBe('feed');
    stop();
  });

  it('goes on only with what the next step needs', async () => {
    const { wizard } = stage();
    wizard.next();
    expect(wizard.step).toBe('address');
    expect(wizard.isOpen('examine')).toBe(false);
    wizard.writeUrl('harbour.shotgrid.autodesk.com');
    expect(wizard.site.name).toBe('harbour');
    wizard.next();
    wizard.next();
    expect(wizard.step).toBe('key');
  });

  it('lets a name that was written by hand stand', () => {
    const { wizard } = stage();
    wizard.writeName('mine');
    wizard.writeUrl('harbour.example');
    expect(wizard.site.name).toBe('mine');
  });

  it('examines by itself, and connects only what was examined', async () => {
    const { wizard, of } = await examined();
    expect(wizard.step).toBe('examine');
    expect(wizard.ready).toBe(true);
    wizard.write({ script_key: 'another' });
    expect(wizard.ready).toBe(false);
    await wizard.connect();
    expect(of('put_site')).toEqual([]);
  });

  it('stays where the examination finds a problem', async () => {
    const { wizard } = await examined('examine=bad');
    wizard.next();
    expect(wizard.step).toBe('examine');
    expect(wizard.isOpen('write')).toBe(false);
  });

  it('forgets the key once the keychain has it', async () => {
    const { wizard, of } = await examined();
    wizard.next();
    await wizard.connect();
    expect(of('put_site')[0]?.site).toMatchObject({ name: 'harbour', script_key: 'secret', write: 'watch' });
    expect(wizard.site.script_key).toBeUndefined();
    wizard.write({ write: 'act' });
    await wizard.connect();
    expect(of('put_site')[1]?.site).not.toHaveProperty('script_key');
  });

  it('saves the mode of a project at once, where the site is connected', async () => {
    const { wizard, of } = await examined();
    wizard.next();
    await wizard.connect();
    wizard.write({ projects: [{ id: 122, name: 'Harbour Lights', write: 'ask' }], only_listed: true });
    await wizard.connect();
    expect(of('put_site')[1]?.site).toMatchObject({
      projects: [{ id: 122, name: 'Harbour Lights', write: 'ask' }],
      only_listed: true,
    });
  });

  it('says why a site was not saved, and stays', async () => {
    const { wizard, fails } = await examined();
    fails.add('put_site');
    wizard.next();
    await wizard.connect();
    expect(wizard.connected).toBe(false);
    expect(wizard.error).toBe('The site harbour was not saved: The site does not answer.');
  });

  it('makes a hook of what the live rules go by, and tests it', async () => {
    const { wizard, hooks, of } = await examined();
    wizard.next();
    await wizard.connect();
    wizard.goTo('hook');
    await vi.waitFor(() => expect(wizard.suggested).toBe(true));
    await wizard.makeHook();
    expect(of('create_hook')[0]?.hook).toMatchObject({ name: 'status', site: 'harbour' });
    expect(wizard.made).toBe('status');
    expect(hooks.test?.answer?.arrived).toBe(true);
  });

  it('connects a site that is only heard without key and examination, and shows the secret of its hook once', async () => {
    const { wizard, hooks, of } = stage();
    wizard.chooseKind('creative_force');
    expect(wizard.steps).toEqual(['address', 'write', 'reach', 'hook', 'first']);
    wizard.next();
    await wizard.connect();
    wizard.goTo('hook');
    expect(wizard.canMake).toBe(true);
    wizard.heard = { ...wizard.heard, steps: ['Capture'], headers: [{ name: '', value: '', kept: false }] };
    expect(wizard.canMake).toBe(false);
    wizard.heard = { ...wizard.heard, headers: [] };
    await wizard.makeHook();
    const [put] = of('put_hook');
    expect(put?.hook).toMatchObject({ name: 'status', site: 'creative-force', steps: ['Capture'] });
    expect(of('create_hook')).toEqual([]);
    expect(of('suggest_subscription')).toEqual([]);
    expect(hooks.test).toBeNull();
    expect(wizard.secret).toBe(put?.hook.secret);
    wizard.begin();
    expect(wizard.secret).toBeNull();
  });

  it('needs a public address for a hook, unless the site is on this computer', async () => {
    const { wizard, hooks } = await examined('public=none');
    expect(wizard.reachable).toBe(false);
    await hooks.setAddress('https://callboard.studio.example');
    expect(wizard.reachable).toBe(true);
    const local = stage();
    local.wizard.writeUrl('http://127.0.0.1:7080');
    expect(local.wizard.reachable).toBe(true);
  });

  it('waits for an event of its own site', async () => {
    const { session, wizard, hear } = await examined();
    const stop = session.start();
    wizard.next();
    await wizard.connect();
    hear([row({ seq: 1, site: 'other' }), row({ seq: 2, operation: 'test' })]);
    expect(wizard.first).toBeNull();
    hear([row({ seq: 3 }), row({ seq: 4 })]);
    expect(wizard.first?.seq).toBe(3);
    stop();
  });
});

it('a first event is one that came after the site was connected', () => {
  const old = row({ seq: 1, received_at: '2026-11-01T00:00:00Z' });
  expect(firstOf([old], 'harbour', Date.now())).toBeNull();
  expect(firstOf([old, row({ seq: 2 })], 'harbour', Date.now())?.seq).toBe(2);
});
