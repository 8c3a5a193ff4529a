import { saidCode } from '../../status/lookup';
import { S } from '../../strings';
import { unlink } from '../edit';
import type { Hand } from '../hand.svelte';
import { linksOf } from '../path';
import { pictureOf, type Link, type Pill } from '../picture';
import type { Stage } from '../stage.svelte';
import type { At } from './grid';
import { cellId, cellWords, linkEntry, markOf, rowWords, type Mark, type Matrix, type Row } from './matrix';

/** The cells of the mapping: what they say, and what is done in them. */
export class Cells {
  readonly #matrix: () => Matrix;
  readonly stage: Stage;
  readonly hand: Hand;
  readonly matrix = $derived.by(() => this.#matrix());
  readonly rows: readonly Row[] = $derived(this.matrix.rows.flatMap((band) => band.of));
  readonly columns: readonly Pill[] = $derived(this.matrix.columns.flatMap((band) => band.of));
  /** By row, its number in the grid, where the first row holds the heads. */
  readonly numbers: ReadonlyMap<string, number> = $derived(new Map(this.rows.map((row, i) => [row.id, i + 1])));
  /** The cells of what is selected. */
  readonly chosen: ReadonlySet<string> = $derived.by(() => {
    const { selected, picture } = this.stage;
    if (selected?.kind === 'link') return new Set([selected.id]);
    return new Set(selected?.kind === 'rule' ? linksOf(picture, selected.id).map((link) => link.id) : []);
  });

  constructor(matrix: () => Matrix, stage: Stage, hand: Hand) {
    this.#matrix = matrix;
    this.stage = stage;
    this.hand = hand;
  }

  rowAt({ row }: At): Row | undefined {
    return this.rows[row - 1];
  }

  columnAt({ column }: At): Pill | undefined {
    return this.columns[column - 1];
  }

  /** Where a status, a link or a rule has its place; none where this table does not show it. */
  placeOf(id: string): At | null {
    const row = this.numbers.get(id);
    if (row !== undefined) return { row, column: 0 };
    const column = this.columns.findIndex((pill) => pill.id === id) + 1;
    if (column > 0) return { row: 0, column };
    const link = this.matrix.links.get(id);
    const [entry = ''] = link && !link.from ? [id.slice(0, -link.to.id.length - 1)] : [link?.from?.id];
    if (!link) return null;
    return { row: this.numbers.get(entry) ?? 1, column: this.columns.findIndex((pill) => pill.id === link.to.id) + 1 };
  }

  linkAt(row: Row, to: Pill): Link | undefined {
    return this.matrix.links.get(cellId(row, to));
  }

  words(row: Row, to: Pill): string {
    const link = this.linkAt(row, to);
    return cellWords(row, to, this.matrix.pair, link, link && this.stage.restOf(link)?.why);
  }

  mark(row: Row, to: Pill): Mark {
    const link = this.linkAt(row, to);
    return markOf(row, to, link, link !== undefined && this.stage.restOf(link) !== undefined);
  }

  headWords(pill: Pill): string {
    const told = this.stage.findings.get(pill.id)?.map((finding) => finding.message) ?? [];
    const missing = pill.unknown ? [S.edit.namedOnly] : [];
    return [S.table.status([pill.name, saidCode(pill)].filter(Boolean).join(' '), pill.type), ...missing, ...told].join(
      '. ',
    );
  }

  /** Selects the link that is there, or draws it. */
  press(row: Row, to: Pill): void {
    const { stage, hand } = this;
    const id = cellId(row, to);
    if (this.matrix.links.has(id)) {
      stage.selected = { kind: 'link', id };
      hand.told = S.table.said.selected(this.words(row, to));
      return;
    }
    if (row.from) hand.connect(row.from, to);
    else {
      const label = S.edit.did.link(rowWords(row, this.matrix.pair), to.name);
      hand.desk.edit(label, (set) => linkEntry(set, row, to)?.set ?? set);
      if (this.matrix.links.has(id)) stage.selected = { kind: 'link', id };
    }
    if (this.matrix.links.has(id)) hand.told = S.table.said.drawn(this.words(row, to));
  }

  /** Takes the link away that is there. */
  cut(row: Row, to: Pill): void {
    const { stage, hand } = this;
    const link = this.linkAt(row, to);
    const start = rowWords(row, this.matrix.pair, link);
    if (!link) {
      hand.told = S.table.said.stays(start, to.name);
      return;
    }
    const { document } = hand.desk;
    const before = stage.picture.links.length;
    const cut = document && unlink(document, link);
    const left = cut ? pictureOf(cut.set).links.length : before - 1;
    hand.cut(link);
    if (cut && cut.together.length > 0) return;
    hand.told = S.table.said.gone(start, to.name, Math.max(0, before - left - 1));
  }

  /** Moves a status one place in its column, and answers where its head is then. */
  move(pill: Pill, by: 1 | -1, head: 'row' | 'column'): At {
    this.hand.nudge(pill, by);
    const all = head === 'row' ? this.rows.flatMap((row) => row.from ?? []) : this.columns;
    const place = all.findIndex((one) => one.id === pill.id) + 1;
    const bands = this.stage.picture.columns.find((column) => column.type === pill.type)?.groups ?? [];
    const group = bands.find((band) => band.pills.some((one) => one.id === pill.id))?.name ?? '';
    this.hand.told = S.table.said.moved(pill.name, place, all.length, group);
    return head === 'row' ? { row: this.numbers.get(pill.id) ?? 0, column: 0 } : { row: 0, column: place };
  }

  park(pill: Pill): void {
    this.hand.park(pill);
    this.hand.told = S.table.said.parked(pill.name);
  }
}
