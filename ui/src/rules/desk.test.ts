import { beforeEach, describe, expect, it, vi } from 'vitest';
import { AskError } from '../api';
import type { Ask } from '../api/types/Ask';
import type { RuleSet } from '../api/types/RuleSet';
import { Session } from '../frame/session.svelte';
import { Desk } from './desk.svelte';

const LIVE: RuleSet = { callboard: 1, name: 'Live', statuses: {}, rules: [] };
const named = (name: string) => (set: RuleSet) => ({ ...set, name });

/** An engine that keeps one draft. */
function engine() {
  let draft: { version: number; document: RuleSet } | null = null;
  const saves: string[] = [];
  const view = (document: RuleSet) => ({ document, sentences: {}, findings: [] });
  const told = () => draft && { version: draft.version, rules: view(draft.document), based_on: 1 };
  const answer = (ask: Ask): unknown => {
    switch (ask.ask) {
      case 'rules':
        return { ...view(LIVE), live: { revision: 1, name: 'Live', since: '' } };
      case 'draft':
        return told();
      case 'save_draft': {
        if ((draft?.version ?? null) !== ask.expected) throw new AskError('conflict', 'Somebody else saved it');
        const document = ask.document as unknown as RuleSet;
        draft = { version: (draft?.version ?? 0) + 1, document };
        saves.push(document.name);
        return told();
      }
      case 'discard_draft':
        draft = null;
        return null;
      case 'go_live': {
        const { document } = draft!;
        draft = null;
        return { ...view(document), live: { revision: 2, name: document.name, since: '' } };
      }
      default:
        throw new AskError('bad_request', ask.ask);
    }
  };
  const backend = { ask: async (ask: Ask) => answer(ask) as never, listen: () => () => {} };
  const reorder = () => {
    const { version, document } = draft!;
    draft = { version, document: Object.fromEntries(Object.entries(document).toReversed()) as unknown as RuleSet };
  };
  return {
    backend,
    saves,
    reorder,
    elsewhere: (name: string) => (draft = { version: 99, document: { ...LIVE, name } }),
  };
}

let desk: Desk;
let house: ReturnType<typeof engine>;

beforeEach(async () => {
  vi.useFakeTimers();
  vi.stubGlobal('location', { hash: '', pathname: '/', search: '' });
  house = engine();
  desk = new Desk(new Session(house.backend));
  await desk.load();
});

describe('a desk', () => {
  it('saves what is written, once for many letters, and undoes them in one step', async () => {
    for (const name of ['L', 'Li', 'Lig']) desk.edit('name', named(name), 'name');
    expect(desk.saving).toBe('unsaved');
    await vi.runAllTimersAsync();
    expect(house.saves).toEqual(['Lig']);
    expect(desk.saving).toBe('saved');
    expect(desk.undo()).toBe('name');
    expect(desk.document!.name).toBe('Live');
    expect(desk.redo()).toBe('name');
    expect(desk.document!.name).toBe('Lig');
  });

  it('forgets what could be done again when something else is done', () => {
    desk.edit('one', named('one'));
    desk.undo();
    desk.edit('two', named('two'));
    expect(desk.redo()).toBeNull();
    expect(desk.undo()).toBe('two');
    expect(desk.undo()).toBeNull();
  });

  it('never writes over what somebody else saved without being told to', async () => {
    desk.edit('one', named('mine'));
    house.elsewhere('theirs');
    await vi.runAllTimersAsync();
    expect(desk.saving).toBe('conflict');
    desk.edit('two', named('mine too'));
    await vi.runAllTimersAsync();
    expect(house.saves).toEqual([]);
    await desk.settle('mine');
    expect(house.saves).toEqual(['mine too']);
    expect(desk.saving).toBe('saved');
  });

  it('takes theirs', async () => {
    desk.edit('one', named('mine'));
    house.elsewhere('theirs');
    await vi.runAllTimersAsync();
    await desk.settle('theirs');
    expect(desk.document!.name).toBe('theirs');
    expect(desk.past).toEqual([]);
  });

  it('keeps what can be undone when it reads the same again, in another order', async () => {
    desk.edit('one', named('mine'));
    await vi.runAllTimersAsync();
    house.reorder();
    await desk.load();
    expect(desk.undo()).toBe('one');
  });

  it('keeps what is written while it is being read', async () => {
    const reading = desk.load();
    desk.edit('one', named('mine'));
    await reading;
    expect(desk.document!.name).toBe('mine');
    await vi.runAllTimersAsync();
    expect(house.saves).toEqual(['mine']);
  });

  it('brings a discarded draft back by undo', async () => {
    desk.edit('one', named('mine'));
    expect(await desk.discard()).toBe(true);
    expect(desk.document!.name).toBe('Live');
    expect(desk.drafted).toBe(false);
    desk.undo();
    await vi.runAllTimersAsync();
    expect(desk.document!.name).toBe('mine');
    expect(desk.saving).toBe('saved');
    expect(desk.drafted).toBe(true);
  });

  it('goes live with what is on it, saved or not', async () => {
    desk.edit('one', named('mine'));
    expect(await desk.goLive('because')).toBe(true);
    expect(desk.live!.document.name).toBe('mine');
    expect(desk.drafted).toBe(false);
    // What was done can still be undone: it is a draft again then.
    desk.undo();
    expect(desk.drafted).toBe(true);
  });
});
