import { expect, it } from 'vitest';
import type { Ask } from '../api/types/Ask';
import type { Change } from '../api/types/Change';
import type { Session } from '../frame/session.svelte';
import { Deeds } from './deeds.svelte';

function stage(answers: (ask: Ask) => unknown) {
  const asked: Ask[] = [];
  const session = {
    backend: {
      ask: async (one: Ask) => {
        asked.push(one);
        return answers(one);
      },
    },
    sentence: (thrown: unknown) => (thrown as Error).message,
  } as unknown as Session;
  return { asked, deeds: new Deeds(session) };
}

const written = (id: number) => ({ id, state: 'confirmed' }) as Change;

it('undoes last first, and keeps each refusal beside its change', async () => {
  const { asked, deeds } = stage((ask) => {
    if (ask.ask === 'undo' && ask.change === 5) throw new Error('It was set to hld since.');
    return { undone: [], left: [] };
  });
  await deeds.undo([written(4), written(5)]);
  expect(asked.map((ask) => ask.ask === 'undo' && ask.change)).toEqual([5, 4]);
  expect([...deeds.refused]).toEqual([[5, 'Not undone: It was set to hld since.']]);
  expect(deeds.underWay.size).toBe(0);
});

it('undoes a cascade as far as it may be', async () => {
  const { deeds } = stage(() => ({ undone: [4], left: [{ change: 5, why: 'It was set to hld since' }] }));
  await deeds.undoAll(9, [written(4), written(5)]);
  expect(deeds.whole).toEqual({
    seq: 9,
    said: '1 change is undone. 1 change was left as it is; each says why.',
    bad: true,
  });
  expect([...deeds.refused.keys()]).toEqual([5]);
});
