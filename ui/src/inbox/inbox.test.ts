import { expect, it } from 'vitest';
import type { Ask } from '../api/types/Ask';
import type { Change } from '../api/types/Change';
import type { FeedRow } from '../api/types/FeedRow';
import type { WaitingChange } from '../api/types/WaitingChange';
import type { Session } from '../frame/session.svelte';
import { Inbox } from './inbox.svelte';

type Reader = Parameters<Session['read']>[0];

function stage(waiting: WaitingChange[], answers: (ask: Ask) => unknown) {
  const asked: Ask[] = [];
  let reader: Reader | null = null;
  const session = {
    backend: {
      ask: async (one: Ask) => {
        if (one.ask === 'inbox') return { waiting: [...waiting] };
        asked.push(one);
        return answers(one);
      },
    },
    read: (one: Reader) => {
      reader = one;
      return () => (reader = null);
    },
    sentence: (thrown: unknown) => (thrown as Error).message,
  } as unknown as Session;
  const tell = (...changes: Change[]) => reader?.rows([{ cascade: { changes } } as FeedRow]);
  return { asked, tell, inbox: new Inbox(session) };
}

const one = (change: number, follows_from: number | null = null) =>
  ({ change, seq: 1, entity: { type: 'Task', id: change, name: null }, follows_from }) as WaitingChange;
const became = (id: number, over: Partial<Change>) => ({ id, state: 'skipped', ...over }) as Change;
const rest = (gone: readonly number[], all: readonly WaitingChange[]) => ({
  waiting: all.filter(({ change }) => !gone.includes(change)),
});

const THREE = [one(1), one(2, 1), one(3)];

it('accepts a change with its cause, and says what became of each', async () => {
  const { inbox, asked, tell } = stage(THREE, (ask) => (ask.ask === 'accept' ? rest(ask.changes, THREE) : null));
  inbox.open();
  await inbox.load();
  await inbox.judge('accept', [2]);
  expect(asked).toEqual([{ ask: 'accept', changes: [1, 2], by: null }]);
  expect(inbox.waiting.map((w) => w.change)).toEqual([3]);
  expect(inbox.underWay).toHaveLength(2);
  tell(became(1, { state: 'confirmed' }), became(2, { skip: 'replaced', reason: 'A later change took its place' }));
  expect([inbox.underWay.length, inbox.written.length]).toEqual([0, 1]);
  expect(inbox.otherwise.map((o) => o.change?.reason)).toEqual(['A later change took its place']);
  expect(inbox.gone).toBe(0);
});

it('hears of what became of a change before its question is answered', async () => {
  let tellFirst = () => {};
  const { inbox, tell } = stage(THREE, (ask) => {
    tellFirst();
    return ask.ask === 'accept' ? rest(ask.changes, THREE) : null;
  });
  tellFirst = () => tell(became(3, { state: 'confirmed' }));
  inbox.open();
  await inbox.load();
  await inbox.judge('accept', [3]);
  expect(inbox.written).toHaveLength(1);
});

it('keeps everything where a decision is refused, and says why', async () => {
  const { inbox } = stage(THREE, () => {
    throw new Error('None of these changes waits any more.');
  });
  inbox.open();
  await inbox.load();
  expect(await inbox.judge('decline', [1], 'not now')).toBe(false);
  expect(inbox.trouble).toBe('Nothing was declined: None of these changes waits any more.');
  expect([inbox.waiting.length, inbox.decided.length, inbox.busy]).toEqual([3, 0, null]);
});

it('counts what somebody else decided', async () => {
  const waiting = [...THREE];
  const { inbox } = stage(waiting, () => null);
  inbox.open();
  await inbox.load();
  inbox.toggle(3);
  waiting.pop();
  await inbox.load();
  expect([inbox.gone, inbox.chosen.size, inbox.waiting.length]).toEqual([1, 0, 2]);
});
