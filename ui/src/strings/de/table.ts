import { number, plural } from '../../frame/format';
import type { Translated } from '../../language';
import type { table as english } from '../table';

const only = (condition: string) => (condition ? `, nur falls ${condition}` : '');

export const table: Translated<typeof english> = {
  tabs: { mapping: 'Zuordnung', all: 'Alle Regeln' },
  tabsLabel: 'Was die Tabelle zeigt',
  from: 'Von',
  to: 'zu',
  choice: (type, n) =>
    n === 0 ? `${type}, noch keine Verbindung` : `${type}, ${plural(n, 'Verbindung', 'Verbindungen')}`,
  caption: (from, to) =>
    from === to
      ? `${from}-Status, die andere ${to}-Status setzen`
      : `${from}-Status und die ${to}-Status, die sie setzen`,
  down: (type) => `${type} wird ↓`,
  across: (type) => `${type} wird gesetzt auf →`,
  how: 'Enter verbindet oder wählt, Entf entfernt.',
  entries: (type) => `${type}, in jedem Status`,
  begins: (type, begins) => `${type} ${begins}`,
  created: 'angelegt',
  named: (type, status) => `${type} ${status}`,
  beginning: (type, status, begins) => `${type} ${begins} als ${status}`,
  sets: (from, to, condition) => `${from} setzt ${to}${only(condition)}`,
  none: (from, to) => `${from}, ${to}: keine Regel`,
  self: (status) => `${status}: derselbe Status`,
  off: (words) => `${words}; ausgeschaltet`,
  resting: (words, why) => `${words}; ausgesetzt: ${why}`,
  status: (name, type) => `${name}, ${type}`,
  legend: 'Zeichen',
  legends: {
    plain: 'setzt ihn',
    when: 'nur unter einer Bedingung',
    off: 'ausgeschaltet',
    resting: 'ausgesetzt',
  },
  said: {
    drawn: (words) => `Gezeichnet: ${words}`,
    selected: (words) => `Gewählt: ${words}`,
    gone: (from, to, others) =>
      others === 0
        ? `Die Verbindung ${from} → ${to} ist weg.`
        : `Die Regel, die ${from} → ${to} zeichnete, ist weg und mit ihr ${plural(others, 'weitere Verbindung', 'weitere Verbindungen')}. Strg+Z holt alles zurück.`,
    stays: (from, to) => `Nichts wegzunehmen: ${from} → ${to} hat keine Regel.`,
    moved: (name, place, of, group) =>
      `${name} ist Nummer ${number(place)} von ${number(of)}${group ? `, in ${group}` : ''}.`,
    parked: (name) => `${name} ist geparkt.`,
    used: (name, type) => `${name} steht in der Spalte ${type}.`,
    column: (type) => `${type} hat eine Spalte.`,
  },
  entryName: (from, begins, to, status) => `${from} ${begins} setzt ${to} ${status}`,
  menu: (name) => `Was mit ${name} zu tun ist`,
  show: 'Zeigen, was er setzt und was ihn setzt',
  earlier: 'Weiter nach vorn',
  later: 'Weiter nach hinten',
  park: 'Parken',
  use: 'Verwenden',
  useIt: (name, type) => `${name} in der Spalte ${type} verwenden`,
  parked: (type, n) => `${number(n)} ${type}-Status geparkt`,
  parkedWhy: 'Die Site hat sie, und diese Regeln sprechen nicht von ihnen.',
  parkedNone: (type) => `Kein ${type}-Status geparkt`,
  own: 'Anderer Status …',
  addColumn: 'Spalte hinzufügen',
  add: 'Hinzufügen',
  noColumns: 'Noch gibt es keine Spalte',
  noColumnsWhy:
    'Für jeden Typ, von dessen Status die Regeln sprechen sollen, eine hinzufügen. Version und Task sind ein guter Anfang.',
  emptyColumn: (type) => `${type} hat noch keinen Status in der Spalte. Einige von unten verwenden.`,
  nothingBetween: (from, to) =>
    `${from} und ${to} sind durch nichts verbunden, daher lässt sich hier keine Verbindung zeichnen.`,
};
