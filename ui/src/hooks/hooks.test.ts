import { beforeEach, describe, expect, it, vi } from 'vitest';
import { AskError } from '../api';
import type { Ask } from '../api/types/Ask';
import { PracticeHooks } from '../dev/hooks';
import { Session } from '../frame/session.svelte';
import { Hooks } from './hooks.svelte';

const NOW = Date.parse('2026-11-28T18:34:00Z');

beforeEach(() => {
  vi.stubGlobal('location', { hash: '', pathname: '/', search: '' });
  vi.stubGlobal('history', { replaceState: () => {} });
});

/** The made-up engine, with a log of what it was asked. `fails`: asks that it refuses. */
function stage(query = '') {
  const engine = new PracticeHooks('full', new URLSearchParams(query), NOW);
  const asked: Ask['ask'][] = [];
  const fails = new Set<Ask['ask']>();
  const ask = async (one: Ask) => {
    asked.push(one.ask);
    if (fails.has(one.ask)) throw new AskError('site', 'The site does not answer');
    return engine.answer(one as Parameters<PracticeHooks['answer']>[0]) as never;
  };
  const session = new Session({ ask, listen: () => () => {} });
  return { session, hooks: new Hooks(session), asked, fails };
}

describe('the hooks', () => {
  it('begin with the neediest', async () => {
    const { hooks } = stage('hooks=failed');
    await hooks.load();
    expect(hooks.chosen).toBe('versions');
    expect(hooks.hook?.health.state).toBe('failed');
  });

  it('stay in sight when they cannot be read again', async () => {
    const { hooks, fails } = stage();
    await hooks.load();
    fails.add('hooks');
    await hooks.load();
    expect(hooks.phase).toBe('ready');
    expect(hooks.error).toBe('The site does not answer.');
    expect(hooks.list.length).toBeGreaterThan(0);
  });

  it('are broken where nothing was ever read', async () => {
    const { hooks } = stage('hooks=broken');
    await hooks.load();
    expect(hooks.phase).toBe('broken');
  });

  it('are activated again, and say so', async () => {
    const { hooks, session } = stage('hooks=failed');
    await hooks.load();
    await hooks.turn('versions', true);
    expect(hooks.hook?.health.state).toBe('active');
    expect(session.said).toMatch(/active again/);
  });

  it('show why a command failed, and keep what was', async () => {
    const { hooks, session, fails } = stage('hooks=failed');
    await hooks.load();
    fails.add('switch_hook');
    await hooks.turn('versions', true);
    expect(session.trouble).toBe('The hook versions could not be activated: The site does not answer.');
    expect(hooks.hook?.health.state).toBe('failed');
    expect(hooks.busy).toBeNull();
  });

  it('choose the next one when one is deleted', async () => {
    const { hooks } = stage('hooks=well');
    await hooks.load();
    const [first, second] = hooks.order;
    hooks.choose(first!);
    await hooks.remove(first!);
    expect(hooks.order).not.toContain(first);
    expect(hooks.chosen).toBe(second);
  });

  it('change a secret and nothing else', async () => {
    const { hooks } = stage('hooks=well');
    await hooks.load();
    const before = hooks.hook?.webhook?.subscription;
    await hooks.renewSecret(hooks.chosen!);
    expect(hooks.hook?.webhook?.subscription).toEqual(before);
  });

  it('know the public address, and that none is set', async () => {
    const { hooks } = stage();
    await hooks.load();
    expect(hooks.publicAddress).toBe('https://callboard.studio.example');
    await hooks.setAddress(null);
    expect(hooks.publicAddress).toBeNull();
  });
});

describe('a test', () => {
  it('runs once at a time', async () => {
    const { hooks, asked } = stage();
    await hooks.load();
    await Promise.all([hooks.runTest('versions'), hooks.runTest('versions')]);
    expect(asked.filter((ask) => ask === 'test_hook')).toHaveLength(1);
    expect(hooks.test?.answer?.arrived).toBe(true);
  });

  it('that could not be asked for leaves nothing standing', async () => {
    const { hooks, session, fails } = stage();
    fails.add('test_hook');
    await hooks.runTest('versions');
    expect(hooks.test).toBeNull();
    expect(session.trouble).toMatch(/could not be tested/);
  });
});

describe('the deliveries', () => {
  it('are compared again after a backfill, which says what it found', async () => {
    const { hooks, asked } = stage();
    await hooks.load();
    await hooks.compare('versions');
    expect(hooks.comparison?.answer?.missing_here).toBe(1);
    expect(await hooks.backfill('versions', 'studio', [1, 2, 3])).toBe(true);
    expect(hooks.comparison?.said).toBe('2 events are new here, 1 was known.');
    await vi.waitFor(() => expect(hooks.comparison?.reading).toBe(false));
    expect(asked.filter((ask) => ask === 'compare_deliveries')).toHaveLength(2);
    expect(hooks.comparison?.said).toBe('2 events are new here, 1 was known.');
  });

  it('of a hook that was left do not overwrite those of the next', async () => {
    const { hooks } = stage();
    await hooks.load();
    const late = hooks.compare('versions');
    await hooks.compare('tasks');
    await late;
    expect(hooks.comparison?.hook).toBe('tasks');
    expect(hooks.comparison?.answer?.missing_here).toBe(0);
  });

  it('that cannot be read keep what was there and say why', async () => {
    const { hooks, fails } = stage();
    await hooks.load();
    await hooks.compare('versions');
    fails.add('compare_deliveries');
    await hooks.compare('versions');
    expect(hooks.comparison?.error).toBe('The site does not answer.');
    expect(hooks.comparison?.answer?.rows.length).toBeGreaterThan(0);
  });
});

describe('a hook that is only heard', () => {
  const entered = { name: 'floor', site: 'photo-studio', workspaces: ['North'], steps: [], headers: {} };

  it('is put, and answers with the secret that is entered there', async () => {
    const { hooks, asked } = stage('sites=three');
    await hooks.load();
    expect(await hooks.put({ ...entered, secret: 'bWFkZQ==' })).toBe('bWFkZQ==');
    expect(await hooks.put(entered)).toBeNull();
    expect(asked.filter((ask) => ask === 'put_hook')).toHaveLength(2);
    expect(hooks.chosen).toBe('floor');
    expect(hooks.hook?.heard?.workspaces).toEqual(['North']);
  });

  it('says why it could not be put', async () => {
    const { hooks, session, fails } = stage('sites=three');
    await hooks.load();
    fails.add('put_hook');
    expect(await hooks.put(entered)).toBe(false);
    expect(session.trouble).toBe('The hook floor was not kept: The site does not answer.');
  });
});
