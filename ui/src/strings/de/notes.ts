import type { Strings } from '../../strings';
import { number, plural } from '../../frame/format';
import { many } from './types';

export const notes: Strings['notes'] = {
  action: 'Kundennotizen …',
  actionWhy: 'Notizen eines Kunden aus einer Tabelle eintragen; Regeln machen aus ihren Worten Status (N)',
  title: 'Kundennotizen',
  steps: { table: 'Tabelle', preview: 'Vorschau', entered: 'Eingetragen' },
  step: (n, name) => `Schritt ${n} von 3: ${name}`,
  close: 'Schließen; was hier steht, bleibt erhalten',
  paste: 'Tabelle des Kunden einfügen',
  pasteWhy:
    'Die Zeilen aus der Tabelle oder Mail kopieren, Überschriften gern mit. Eine Spalte nennt Version oder Shot, eine andere enthält die Notiz.',
  pasteHint: 'Shot\tNotiz\nSQ010_0020\tSieht gut aus, final\nSQ010_0030\tBitte die Schatten etwas anheben',
  or: 'oder',
  choose: 'Datei wählen …',
  drop: 'oder hierher ziehen: .xlsx oder .csv, bis 16 MB',
  dropNow: 'Loslassen, um diese Datei zu lesen',
  site: 'Site',
  kind: 'Die Namen gehören zu',
  kindFound: 'Versionen, dann Shots',
  those: many,
  preview: 'Vorschau',
  previewWhy: 'Liest die Tabelle und zeigt, was folgen würde. Nichts wird geschrieben. (Strg+Enter)',
  nothingYet: 'Zuerst eine Tabelle einfügen oder eine Datei wählen.',
  tooLarge: (size) =>
    `Die Datei hat ${size}, eine Notiztabelle darf 16 MB haben. Bitte die Zeilen in der Tabelle kopieren und hier einfügen.`,
  unreadable: 'Die Datei war nicht lesbar. Bitte die Zeilen in der Tabelle kopieren und hier einfügen.',
  oneFile: 'Es geht nur eine Datei auf einmal.',
  pasted: 'eingefügt',
  reading: (source) =>
    `${source === 'pasted' ? 'Die eingefügte Tabelle' : source} wird gelesen, und die Site wird gefragt, was folgen würde …`,
  readingLong:
    'Manche Zeilen brauchen eine Frage an die Site, lange Tabellen dauern daher etwas. Währenddessen wird nichts geschrieben.',
  cancel: 'Abbrechen',
  back: 'Andere Tabelle',
  from: (source, rows) =>
    `${source === 'pasted' ? 'Eingefügte Tabelle' : source}${rows === null ? '' : `: ${plural(rows, 'Notiz', 'Notizen')}`}`,
  columns: {
    label: 'Was wo in der Tabelle steht',
    name: 'Namen',
    note: 'Notizen',
    kind: 'Typen',
    author: 'Von wem',
    header: 'Überschriften',
    sheet: 'Blatt',
    found: 'wie gefunden',
    none: 'nirgends',
    noHeaders: 'keine',
    row: (n) => `Zeile ${n}`,
    column: (letters, header) => (header && header !== letters ? `${letters} · ${header}` : letters),
  },
  shown: 'Gezeigte Zeilen',
  show: {
    all: 'Alle',
    changes: 'Mit Folgen',
    nothing: 'Ohne Folgen',
    failed: 'Nicht gefunden',
    left_out: 'Ohne Notiz',
  },
  list: 'Zeilen der Tabelle',
  heads: { all: 'Alle gezeigten Zeilen', row: 'Zeile', about: 'Betrifft', follows: 'Was folgt' },
  choice: (row, name) => `Zeile ${row} eintragen, ${name}`,
  cannot: 'Nicht einzutragen: Nichts mit diesem Namen gefunden.',
  unnamed: 'kein Name',
  nothing: 'Nichts folgt.',
  emptyTable: 'In dieser Tabelle steht keine Notiz. Falls die falschen Spalten genommen wurden, oben andere wählen.',
  noReader: 'Keine Regel, die live ist, liest Notizen; aus keiner davon würde etwas folgen.',
  noReaderDo:
    'Dem Regelsatz eine Regel geben, die beginnt, wenn Version oder Shot eine Notiz bekommt, und nach den Worten des Kunden sucht („final“, „gut“ …), dann live schalten mit',
  noRules: 'Kein Regelsatz ist live; aus keiner Notiz würde etwas folgen.',
  noRulesDo: 'Einen live schalten mit',
  command: 'callboard rules live FILE',
  chosen: (n, follow) =>
    n === 0
      ? 'Keine Zeile ist gewählt.'
      : follow === n
        ? `Etwas folgt aus ${n === 1 ? 'der einen gewählten' : n === 2 ? 'beiden gewählten' : `allen ${number(n)} gewählten`}.`
        : follow === 0
          ? `Aus ${n === 1 ? 'der einen gewählten' : `den ${number(n)} gewählten`} folgt nichts; ${n === 1 ? 'sie wird' : 'sie werden'} nur aufbewahrt.`
          : `Etwas folgt aus ${number(follow)} der ${number(n)} gewählten; die anderen werden nur aufbewahrt.`,
  enter: (n) => (n === 0 ? 'Notizen eintragen' : `${plural(n, 'Notiz', 'Notizen')} eintragen`),
  enterWhy: (n) =>
    n === 0
      ? 'Mindestens eine Zeile wählen.'
      : 'Jede wird zu einem Ereignis; was folgt, schreiben die Regeln, die live sind. (Strg+Enter)',
  entering: 'Wird eingetragen …',
  whilePaused: 'Das Schreiben ist angehalten: Was folgt, wird entschieden und zurückgehalten.',
  entered: (n) => `${plural(n, 'Notiz ist', 'Notizen sind')} eingetragen`,
  enteredWhy: 'Ab hier übernehmen die Regeln, die live sind. Der Feed zeigt jede Notiz und was aus ihr wird.',
  enteredHeld:
    'Das Schreiben ist angehalten; was aus ihnen folgt, wird zurückgehalten, bis wieder geschrieben werden darf.',
  enteredBefore: 'Diese Notizen waren schon eingetragen, nichts wurde doppelt eingetragen.',
  enteredPart: (n, of) =>
    `${number(n)} von ${number(of)} waren neu. Die anderen waren schon eingetragen oder sind auf der Site nicht mehr zu finden.`,
  see: 'Im Feed zeigen',
  more: 'Weitere Tabelle',
  notEntered: (why) =>
    `Die Notizen konnten nicht eingetragen werden: ${why} Noch einmal versuchen; nichts wird doppelt eingetragen.`,
  notAsked: (why) => `Die Vorschau der Tabelle ging nicht: ${why}`,
};
