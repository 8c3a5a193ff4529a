import type { ColumnChoice } from '../api/types/ColumnChoice';
import type { LiveRules } from '../api/types/LiveRules';
import type { NotePreview } from '../api/types/NotePreview';
import type { NotesPreview } from '../api/types/NotesPreview';
import type { NotesTable } from '../api/types/NotesTable';
import type { TriedChange } from '../api/types/TriedChange';

/** What becomes of a row: something follows, nothing follows, its name was not found, or it is no note. */
export type Fate = 'changes' | 'nothing' | 'failed' | 'left_out';

export const FATES: readonly Fate[] = ['changes', 'nothing', 'failed', 'left_out'];

/** One row of the table as the preview shows it. */
export interface Line {
  row: number;
  fate: Fate;
  /** As the table names it. */
  name: string;
  author: string | null;
  note: string;
  preview: NotePreview | null;
  effects: readonly Effect[];
  /** Why nothing follows; empty where something does. */
  why: string;
}

export interface Effect {
  key: string;
  depth: number;
  change: TriedChange;
  /** Whether it is only told why it would not be made. */
  skipped: boolean;
}

/** Every row of the table in its order: notes, and what is no note. */
export function linesOf({ table, rows }: NotesPreview): Line[] {
  const read = new Map(table?.rows.map((row) => [row.row, row]));
  const notes = rows.map((preview): Line => {
    const its = read.get(preview.row);
    const effects = effectsOf(preview);
    const fate = preview.entity === null ? 'failed' : preview.changes.length > 0 ? 'changes' : 'nothing';
    const why = fate === 'changes' ? '' : (preview.why ?? (effects.length > 0 ? '' : null));
    return {
      row: preview.row,
      fate,
      name: its?.name ?? preview.entity?.name ?? '',
      author: its?.author ?? null,
      note: preview.note,
      preview,
      effects,
      why: why ?? '',
    };
  });
  const others = (table?.left_out ?? []).map(({ row, why }): Line => ({
    row,
    fate: 'left_out',
    name: '',
    author: null,
    note: '',
    preview: null,
    effects: [],
    why,
  }));
  return [...notes, ...others].sort((a, b) => a.row - b.row);
}

/** The changes of a row as a tree one reads down: each beneath its cause, then what it leaves alone. */
export function effectsOf({ changes, skipped }: Pick<NotePreview, 'changes' | 'skipped'>): Effect[] {
  const effects: Effect[] = [];
  const told = new Set<number>();
  const causedBy = (cause: number | null) => (change: TriedChange) =>
    cause === null ? change.cause === 'event' : change.cause !== 'event' && change.cause.change === cause;
  const tell = (cause: number | null, depth: number) => {
    changes.forEach((change, i) => {
      if (told.has(i) || !causedBy(cause)(change)) return;
      told.add(i);
      effects.push({ key: `c${i}`, depth, change, skipped: false });
      tell(i, depth + 1);
    });
    skipped.forEach((change, i) => {
      if (causedBy(cause)(change)) effects.push({ key: `s${i}`, depth, change, skipped: true });
    });
  };
  tell(null, 0);
  return effects;
}

/** Rows that can be entered: those whose name was found. */
export function enterable(line: Line): boolean {
  return line.preview?.entity != null;
}

/** The rows chosen unless somebody chooses otherwise: those from which something follows. */
export function chosenAtFirst(lines: readonly Line[]): Set<number> {
  return new Set(lines.filter((line) => line.fate === 'changes').map((line) => line.row));
}

export function countsOf(lines: readonly Line[]): Record<Fate, number> {
  const counts: Record<Fate, number> = { changes: 0, nothing: 0, failed: 0, left_out: 0 };
  for (const line of lines) counts[line.fate] += 1;
  return counts;
}

/** Of these lines all are chosen, some or none. */
export function share(lines: readonly Line[], chosen: ReadonlySet<number>): 'all' | 'some' | 'none' {
  const possible = lines.filter(enterable);
  const n = possible.filter((line) => chosen.has(line.row)).length;
  return n === 0 ? 'none' : n === possible.length ? 'all' : 'some';
}

/** One entering: sent again, nothing happens twice. */
export function newBatch(): string {
  // randomUUID is missing where a page is not served securely, as by an engine elsewhere in the studio.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A column as a spreadsheet calls it, counted from 0. */
export function letters(column: number): string {
  const rest = Math.floor(column / 26) - 1;
  return (rest >= 0 ? letters(rest) : '') + String.fromCharCode(65 + (column % 26));
}

export type ColumnUse = 'name' | 'note' | 'kind' | 'author';

/** What is asked of the table anew when somebody says where something stands. Columns go by number. */
export function chooseColumn(choice: ColumnChoice, use: ColumnUse, column: number | null): ColumnChoice {
  const next = { ...choice };
  if (column === null) delete next[use];
  else next[use] = String(column + 1);
  return next;
}

/** Another sheet, or headers elsewhere: what was said of the columns counts no longer. */
export function chooseSheet(choice: ColumnChoice, sheet: string): ColumnChoice {
  return sheet === choice.sheet ? choice : { sheet };
}

export function chooseHeader(choice: ColumnChoice, row: number | null): ColumnChoice {
  const next = { ...choice };
  if (row === null) delete next.header_row;
  else next.header_row = row;
  return next;
}

/** Which column is taken for something, counted from 0. */
export function columnOf(table: NotesTable | null, choice: ColumnChoice, use: ColumnUse): number | null {
  if (table) return table.columns[use];
  const said = choice[use];
  return said === undefined ? null : Number(said) - 1;
}

/** The columns that can be told of a pasted table before the engine has read it; empty where they cannot. */
export function guessColumns(text: string): string[] {
  const first = text.split(/\r?\n/).find((line) => line.trim() !== '') ?? '';
  const by = ['\t', ';', ','].find((mark) => first.includes(mark));
  return by === undefined ? [] : first.split(by).map((cell) => cell.trim().replace(/^"|"$/g, ''));
}

/** Whether any live rule reads notes. */
export function readsNotes(live: LiveRules | null): 'some' | 'none' | 'no_rules' {
  if (!live) return 'no_rules';
  const reads = live.document.rules.some((rule) => rule.enabled !== false && rule.when.on?.includes('note_added'));
  return reads ? 'some' : 'none';
}
