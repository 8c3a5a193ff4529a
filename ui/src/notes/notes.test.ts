import { expect, it, vi } from 'vitest';
import type { Ask } from '../api/types/Ask';
import { previewOf } from '../dev/notes';
import type { Session } from '../frame/session.svelte';
import { Notes } from './notes.svelte';

function stage(answers: (ask: Ask) => unknown) {
  const asked: Ask[] = [];
  const ask = async (one: Ask) => {
    asked.push(one);
    return answers(one);
  };
  const session = {
    backend: { ask },
    overview: { sites: [{ name: 'studio' }] },
    sentence: (thrown: unknown) => (thrown as Error).message,
  } as unknown as Session;
  return { notes: new Notes(session), of: (kind: Ask['ask']) => asked.filter((one) => one.ask === kind) };
}

const NOTES = { site: 'studio', source: 'pasted', text: 'Shot\tNote' };
const answer = (one: Ask) =>
  one.ask === 'preview_notes' ? previewOf(one.notes, null, false) : one.ask === 'enter_notes' ? one.rows : null;

it('enters the chosen rows once, however often it is asked', async () => {
  const { notes, of } = stage(answer);
  notes.text = NOTES.text;
  await notes.askText();
  expect(of('preview_notes')).toEqual([{ ask: 'preview_notes', notes: NOTES }]);
  const rows = [...notes.chosen];
  await Promise.all([notes.enter(), notes.enter()]);
  expect(of('enter_notes')).toEqual([{ ask: 'enter_notes', notes: NOTES, rows, batch: expect.any(String) }]);
  expect(notes.step).toBe('entered');
  expect(notes.entered).toEqual({ seqs: rows, of: rows.length });
});

it('tries again under the same batch, and under another after a new preview', async () => {
  let fail = true;
  const { notes, of } = stage((one) => {
    if (one.ask === 'enter_notes' && fail) throw new Error('The line broke.');
    return answer(one);
  });
  notes.text = NOTES.text;
  await notes.askText();
  await notes.enter();
  expect(notes.error).toContain('The line broke.');
  fail = false;
  await notes.enter();
  notes.again();
  notes.text = NOTES.text;
  await notes.askText();
  await notes.enter();
  const batches = of('enter_notes').map((one) => one.ask === 'enter_notes' && one.batch);
  expect(batches[0]).toBe(batches[1]);
  expect(batches[2]).not.toBe(batches[0]);
});

it('asks anew when a column is chosen, and lets a late answer go', async () => {
  const waiting: ((value: unknown) => void)[] = [];
  const { notes, of } = stage((one) =>
    one.ask === 'preview_notes' ? new Promise((resolve) => waiting.push(resolve)) : null,
  );
  notes.text = NOTES.text;
  const first = notes.askText();
  const second = notes.choose({ note: '2' });
  await vi.waitFor(() => expect(waiting.length).toBe(2));
  waiting[1]!({ table: null, trouble: 'there are no rows in it', rows: [] });
  await second;
  waiting[0]!(previewOf(NOTES, null, false));
  await first;
  expect(notes.trouble).toBe('There are no rows in it.');
  expect(notes.busy).toBeNull();
  expect(of('preview_notes')[1]).toMatchObject({ notes: { choice: { note: '2' } } });
});

it('keeps to the rows that are shown when all are chosen or none', async () => {
  const { notes } = stage(answer);
  notes.text = NOTES.text;
  await notes.askText();
  const before = notes.chosen.size;
  notes.shown = 'nothing';
  notes.toggleShown();
  expect(notes.chosen.size).toBe(before + notes.counts.nothing);
  notes.toggleShown();
  expect(notes.chosen.size).toBe(before);
  notes.toggle(2);
  expect(notes.chosen.has(2)).not.toBe(notes.lines[0]!.fate === 'changes');
});

it('says why a table is too large without sending it', async () => {
  const { notes, of } = stage(answer);
  await notes.take({ name: 'x.xlsx', size: 17 * 1024 * 1024 } as File);
  expect(notes.error).toContain('17.0 MB');
  expect(of('preview_notes')).toEqual([]);
});
