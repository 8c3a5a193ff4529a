import { inBase64 } from '../api/base64';
import type { ColumnChoice } from '../api/types/ColumnChoice';
import type { NotesIn } from '../api/types/NotesIn';
import type { NotesPreview } from '../api/types/NotesPreview';
import { asSentence, bytes } from '../frame/format';
import type { Session } from '../frame/session.svelte';
import { S } from '../strings';
import {
  chosenAtFirst,
  countsOf,
  enterable,
  guessColumns,
  linesOf,
  newBatch,
  readsNotes,
  share,
  type Fate,
} from './preview';

/** More than this the engine does not read. */
const MOST_BYTES = 16 * 1024 * 1024;

interface File64 {
  name: string;
  /** Its bytes in Base64. */
  data: string;
}

/** A client's table on its way into the feed. It stays when the sheet is closed. */
export class Notes {
  step = $state<'table' | 'preview' | 'entered'>('table');
  text = $state('');
  file = $state.raw<File64 | null>(null);
  /** Left empty, the first site. */
  site = $state('');
  /** Left empty, Versions and then Shots. */
  kind = $state('');
  choice = $state.raw<ColumnChoice>({});
  preview = $state.raw<NotesPreview | null>(null);
  chosen = $state.raw<ReadonlySet<number>>(new Set());
  shown = $state<Fate | 'all'>('all');
  busy = $state<'reading' | 'entering' | null>(null);
  /** Why a question failed, as a sentence. */
  error = $state<string | null>(null);
  entered = $state.raw<{ seqs: readonly number[]; of: number } | null>(null);
  readers = $state<'some' | 'none' | 'no_rules' | null>(null);
  /** Headers of the table, as far as they are known. */
  headers = $state.raw<readonly string[]>([]);
  sheets = $state.raw<readonly string[]>([]);

  readonly lines = $derived(this.preview ? linesOf(this.preview) : []);
  readonly counts = $derived(countsOf(this.lines));
  readonly visible = $derived(this.shown === 'all' ? this.lines : this.lines.filter((l) => l.fate === this.shown));
  readonly share = $derived(share(this.visible, this.chosen));
  readonly chosenFollow = $derived(this.lines.filter((l) => l.fate === 'changes' && this.chosen.has(l.row)).length);
  readonly source = $derived(this.file?.name ?? 'pasted');

  #session: Session;
  #batch = '';
  #turn = 0;

  constructor(session: Session) {
    this.#session = session;
  }

  get siteName(): string {
    return this.site || (this.#session.overview?.sites[0]?.name ?? '');
  }

  /** Asks whether the live rules read notes at all. */
  async look(): Promise<void> {
    try {
      this.readers = readsNotes(await this.#session.backend.ask({ ask: 'rules' }));
    } catch {
      // Only a hint hangs on it; the preview says the same row by row.
      this.readers = null;
    }
  }

  async take(file: File): Promise<void> {
    if (file.size > MOST_BYTES) {
      this.error = S.notes.tooLarge(bytes(file.size));
      return;
    }
    try {
      const data = await inBase64(file);
      this.#forget();
      this.file = { name: file.name, data };
      await this.ask();
    } catch {
      this.error = S.notes.unreadable;
    }
  }

  async askText(): Promise<void> {
    if (this.text.trim() === '') {
      this.error = S.notes.nothingYet;
      return;
    }
    this.#forget();
    this.file = null;
    await this.ask();
  }

  /** Another column, sheet, site or type: the preview is asked anew. */
  async choose(choice: ColumnChoice): Promise<void> {
    this.choice = choice;
    await this.ask();
  }

  async ask(): Promise<void> {
    const turn = ++this.#turn;
    this.step = 'preview';
    this.busy = 'reading';
    this.error = null;
    void this.look();
    try {
      const preview = await this.#session.backend.ask({ ask: 'preview_notes', notes: this.#notes() });
      if (turn !== this.#turn) return;
      this.preview = preview;
      this.headers = preview.table?.headers ?? (this.file ? this.headers : guessColumns(this.text));
      this.sheets = preview.table?.sheets ?? this.sheets;
      this.chosen = chosenAtFirst(this.lines);
      this.shown = 'all';
      this.#batch = newBatch();
    } catch (thrown) {
      if (turn !== this.#turn) return;
      this.preview = null;
      this.error = S.notes.notAsked(this.#session.sentence(thrown));
    } finally {
      if (turn === this.#turn) this.busy = null;
    }
  }

  cancel(): void {
    this.#turn += 1;
    this.busy = null;
    if (!this.preview) this.step = 'table';
  }

  back(): void {
    this.cancel();
    this.step = 'table';
    this.error = null;
  }

  toggle(row: number): void {
    const next = new Set(this.chosen);
    if (!next.delete(row)) next.add(row);
    this.chosen = next;
  }

  /** All rows that are shown, or none of them. */
  toggleShown(): void {
    const rows = this.visible.filter(enterable).map((line) => line.row);
    const next = new Set(this.chosen);
    for (const row of rows)
      if (this.share === 'all') next.delete(row);
      else next.add(row);
    this.chosen = next;
  }

  async enter(): Promise<void> {
    if (this.busy || this.step !== 'preview' || this.chosen.size === 0) return;
    const rows = [...this.chosen].sort((a, b) => a - b);
    this.busy = 'entering';
    this.error = null;
    try {
      const seqs = await this.#session.backend.ask({
        ask: 'enter_notes',
        notes: this.#notes(),
        rows,
        batch: this.#batch,
      });
      this.entered = { seqs, of: rows.length };
      this.step = 'entered';
    } catch (thrown) {
      this.error = S.notes.notEntered(this.#session.sentence(thrown));
    } finally {
      this.busy = null;
    }
  }

  /** From the beginning, with another table. */
  again(): void {
    this.#forget();
    this.text = '';
    this.file = null;
    this.entered = null;
    this.step = 'table';
  }

  get trouble(): string | null {
    return this.preview?.trouble ? asSentence(this.preview.trouble) : null;
  }

  /** Whether choosing columns, headers or a sheet may mend it. */
  get aboutColumns(): boolean {
    return Object.keys(this.choice).length > 0 || /\b(columns?|headers?|sheet)\b/i.test(this.preview?.trouble ?? '');
  }

  #forget(): void {
    this.preview = null;
    this.choice = {};
    this.headers = [];
    this.sheets = [];
    this.chosen = new Set();
    this.error = null;
  }

  #notes(): NotesIn {
    return {
      site: this.siteName,
      source: this.source,
      ...(this.file ? { file: this.file.data } : { text: this.text }),
      ...(Object.keys(this.choice).length > 0 ? { choice: this.choice } : {}),
      ...(this.kind ? { kind: this.kind } : {}),
    };
  }
}
