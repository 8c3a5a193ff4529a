import type { Change } from '../api/types/Change';
import type { FeedRow } from '../api/types/FeedRow';
import { statusOf, type Statuses } from '../status/lookup';
import { S } from '../strings';
import { happenedAt } from './items';
import { actorName, eventWords, happened, kindOf, subject, verdictOf } from './wording';

/** Spreadsheets take a cell that begins so for a formula, and run it; some take the wide signs of East Asian keyboards for the others. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;

/** How a table of the feed begins: with the mark by which spreadsheets know UTF-8, and what its columns are. CSV by RFC 4180. */
export function headOf(): string {
  return `\uFEFF${textOf([S.event.columns])}`;
}

/** Rows of the feed in such a table: a line an event, and one for each change. */
export function linesOf(rows: readonly FeedRow[], statuses: Statuses | undefined): string {
  return textOf(
    rows.flatMap((row) => [
      ofEvent(row, statuses),
      ...(row.cascade?.changes ?? []).map((change) => ofChange(row, change, statuses)),
    ]),
  );
}

function textOf(lines: readonly (readonly string[])[]): string {
  return lines.map((line) => `${line.map(cell).join(',')}\r\n`).join('');
}

export function cell(text: string): string {
  const plain = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}

function ofEvent(row: FeedRow, statuses: Statuses | undefined): string[] {
  const what = happened(row);
  const { entity } = row;
  const [field, from, to] = ends();
  return [
    ...beginning(row, happenedAt(row)),
    S.event.isEvent,
    row.parent?.name ?? '',
    entity?.type ?? kindOf(row),
    entity?.name ?? subject(row).bold,
    entity === null ? '' : String(entity.id),
    field,
    from,
    to,
    '',
    S.outcomes[row.outcome],
    row.why ?? '',
  ];

  function ends(): [string, string, string] {
    switch (what.kind) {
      case 'status':
        return ['', named(what.from, entity?.type, statuses), named(what.to, entity?.type, statuses)];
      case 'born':
        return ['', '', named(what.to, entity?.type, statuses)];
      case 'field':
        return [row.field ?? '', what.from ?? '', what.to ?? ''];
      case 'note':
        return ['', '', row.note ?? what.text];
      case 'hook':
        return ['', what.from ?? '', what.to ?? ''];
      case 'words':
        return [eventWords(row.event_type), '', what.text];
    }
  }
}

function ofChange(row: FeedRow, change: Change, statuses: Statuses | undefined): string[] {
  const { entity, field } = change;
  const value = (code: string | null) => (field === undefined ? named(code, entity.type, statuses) : (code ?? ''));
  return [
    ...beginning(row, new Date(change.settled_at)),
    S.event.isChange,
    '',
    entity.type,
    entity.name ?? '',
    String(entity.id),
    field ?? '',
    value(change.from),
    value(change.to),
    change.rule_name,
    verdictOf([change], row.received_at).words,
    change.reason ?? '',
  ];
}

function beginning(row: FeedRow, at: Date): string[] {
  const who = actorName(row.actor) ?? '';
  return [String(row.seq), at.toISOString(), row.site, row.project?.name ?? '', who];
}

function named(code: string | null, type: string | undefined, statuses: Statuses | undefined): string {
  return code === null ? '' : statusOf(statuses, type, code).name;
}
