import { beforeEach, describe, expect, it, vi } from 'vitest';
import { AskError } from '../api';
import type { Ask } from '../api/types/Ask';
import { PracticeOutgoing } from '../dev/outgoing';
import { Session } from '../frame/session.svelte';
import { entryOf, freshEntry } from './entry';
import { Outgoing } from './outgoing.svelte';

const NOW = Date.parse('2026-11-28T18:34:00Z');

beforeEach(() => {
  vi.stubGlobal('location', { hash: '', pathname: '/', search: '' });
});

/** The made-up engine. `fails`: asks that it refuses. */
function stage(query = '') {
  const engine = new PracticeOutgoing('full', new URLSearchParams(query), NOW);
  const fails = new Set<Ask['ask']>();
  const ask = async (one: Ask) => {
    if (fails.has(one.ask)) throw new AskError('bad_request', 'That is no address');
    return engine.answer(one as Parameters<PracticeOutgoing['answer']>[0]) as never;
  };
  return { outgoing: new Outgoing(new Session({ ask, listen: () => () => {} })), fails };
}

const somebody = { ...freshEntry(), name: 'tools', url: 'https://tools.example/in' };

describe('who is told', () => {
  it('stays in sight when they cannot be read again, and is broken where they never were', async () => {
    const { outgoing, fails } = stage();
    await outgoing.load();
    fails.add('outgoing');
    await outgoing.load();
    expect([outgoing.phase, outgoing.error]).toEqual(['ready', 'That is no address.']);
    expect(outgoing.list).toHaveLength(2);
    const never = stage('outgoing=broken').outgoing;
    await never.load();
    expect(never.phase).toBe('broken');
  });

  it('grows by one, whose secret is shown until the sheet is closed', async () => {
    const { outgoing } = stage('outgoing=none');
    const stop = outgoing.start();
    await vi.waitFor(() => expect(outgoing.phase).toBe('ready'));
    outgoing.write(null);
    expect(await outgoing.keep(somebody)).toBe(true);
    expect(outgoing.writing).toBeNull();
    expect(outgoing.list.map(({ name }) => name)).toEqual(['tools']);
    expect(outgoing.made?.secret).toMatch(/^whsec_/);
    stop();
    expect(outgoing.made).toBeNull();
  });

  it('has no new secret where the host is the same', async () => {
    const { outgoing } = stage();
    await outgoing.load();
    await outgoing.keep({ ...entryOf(outgoing.list[0]!), url: 'https://tools.studio.example/other' });
    expect(outgoing.made).toBeNull();
    expect(outgoing.list[0]?.url).toBe('https://tools.studio.example/other');
  });

  it('is still being written where it was not kept, and says why', async () => {
    const { outgoing, fails } = stage();
    await outgoing.load();
    outgoing.write(null);
    fails.add('set_outgoing');
    expect(await outgoing.keep(somebody)).toBe(false);
    expect(outgoing.writing).not.toBeNull();
    expect(outgoing.wrong).toBe('tools was not kept: That is no address.');
  });

  it('is tested, each by itself, and what came of it goes with whoever is removed', async () => {
    const { outgoing } = stage();
    await outgoing.load();
    await outgoing.test('retouch-tools');
    await outgoing.test('night-shift-chat');
    expect(outgoing.tests.get('retouch-tools')?.delivered).toBe(true);
    expect(outgoing.tests.get('night-shift-chat')).toMatchObject({ delivered: false, status: 503 });
    await outgoing.remove('night-shift-chat');
    expect([...outgoing.tests.keys()]).toEqual(['retouch-tools']);
    expect(outgoing.list.map(({ name }) => name)).toEqual(['retouch-tools']);
  });
});
