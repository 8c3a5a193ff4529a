import type { Strings } from '../../strings';
import { number, plural } from '../../frame/format';

export const frame: Strings['frame'] = {
  views: 'Ansichten',
  feed: 'Feed',
  rules: 'Regeln',
  hooks: 'Hooks',
  sites: 'Sites',
  needsLook: 'bitte ansehen',
  skip: 'Zum Inhalt springen',
  open: 'Im Netz erreichbar',
  openWhy: (at) =>
    `Der Empfänger hört auf ${at}, wo andere Rechner ihn unverschlüsselt erreichen. Ist das nicht gewollt: Callboard mit --listen 127.0.0.1:8787 starten, mit einem Tunnel oder Proxy davor`,
  theme: { light: 'Hell', dark: 'Dunkel', system: 'Wie das System' },
  themeNow: (name) => `Farbschema: ${name}. Wechseln`,
  keys: 'Tasten',
  close: 'Schließen',
  reconnecting: 'Die Engine antwortet nicht. Was hier steht, ist nicht aktuell; es wird weiter versucht.',
  today: 'Heute',
  events: (n) => (n === 1 ? 'Ereignis' : 'Ereignisse'),
  changes: (n) => (n === 1 ? 'Änderung' : 'Änderungen'),
  skipped: 'übersprungen',
  failed: 'Fehler',
  waiting: 'offen',
  showOnly: (what) => `Nur diese Ereignisse zeigen: ${what}`,
  trouble: (site, sentence) => `${site}: ${sentence}`,
  version: (v) => `Callboard ${v}`,
  dismiss: 'Diese Meldung schließen',
};

export const pause: Strings['pause'] = {
  press: 'Schreiben anhalten',
  pressWhy:
    'Ab sofort wird auf keine Site mehr geschrieben, bis es jemand wieder erlaubt. Die Regeln entscheiden weiter. Ohne Rückfrage. (Umschalt+P)',
  pressing: 'Wird angehalten …',
  pressed: 'Schreiben angehalten',
  pressedWhy: 'Wählen, wie es weitergeht (Umschalt+P)',
  title: 'Das Schreiben ist angehalten',
  label: 'Das Schreiben ist angehalten',
  who: (by, since, ago) => `von ${by} seit ${since}${ago ? ` (${ago})` : ''}`,
  held: (n) =>
    n === 0 ? 'Noch keine Änderung zurückgehalten' : `${plural(n, 'Änderung', 'Änderungen')} zurückgehalten`,
  meaning: 'Die Regeln entscheiden weiter; auf keine Site wird geschrieben.',
  say: 'Grund angeben',
  sayLabel: 'Warum ist das Schreiben angehalten?',
  sayHint: 'Eine Zeile für die anderen',
  keep: 'Übernehmen',
  leave: 'Lassen',
  again: 'Wieder schreiben …',
  againTitle: 'Wie es weitergeht',
  write: (n) =>
    n === 1
      ? 'Auch die zurückgehaltene Änderung schreiben'
      : `Auch die ${number(n)} zurückgehaltenen Änderungen schreiben`,
  writeWhy:
    'Alles wird so gesetzt, wie die jeweils letzte zurückgehaltene Änderung es wollte, außer wo es seither jemand anders gesetzt hat.',
  drop: 'Nur schreiben, was ab jetzt kommt',
  dropWhy:
    'Was zurückgehalten wurde, bleibt auf der Site, wie es ist; der Feed sagt weiterhin, dass es zurückgehalten wurde.',
  nothing: 'Wieder schreiben',
  nothingWhy: 'Keine Änderung wurde zurückgehalten, es gibt nichts nachzuholen. Die Regeln schreiben ab jetzt wieder.',
  resumed: (reopened, held) =>
    reopened > 0
      ? `Es wird wieder geschrieben. ${plural(reopened, 'zurückgehaltene Änderung wird', 'zurückgehaltene Änderungen werden')} jetzt geschrieben; der Feed zeigt, was daraus wird.`
      : held > 0
        ? 'Es wird wieder geschrieben. Was zurückgehalten wurde, bleibt ungeschrieben.'
        : 'Es wird wieder geschrieben.',
  notPaused: (why) =>
    `Das Schreiben wurde NICHT angehalten: ${why} Noch einmal drücken; scheitert es wieder, die Engine beenden (Callboard schließen oder „callboard serve“ beenden).`,
  notResumed: (why) => `Das Schreiben ist noch angehalten: ${why} Bitte noch einmal versuchen.`,
  notKept:
    'Das Schreiben ist angehalten, aber die Engine hat den Grund nicht behalten. Die anderen bitte auf anderem Weg informieren.',
};

export const aside: Strings['aside'] = {
  title: (n) => (n === 1 ? 'Eine Regel ist ausgesetzt' : `${number(n)} Regeln sind ausgesetzt`),
  this: 'Diese Regel ist ausgesetzt',
  meaning: 'Eine ausgesetzte Regel setzt nichts, bis sie wieder eingesetzt wird. Alle anderen laufen weiter.',
  one: (name, why) => `Die Regel „${name}“ ist ausgesetzt: ${why}`,
  several: (n, names) => `${number(n)} Regeln sind ausgesetzt und setzen nichts: ${names}.`,
  look: 'Ansehen',
  lookAll: 'Alle ansehen',
  show: 'Zeigen',
  since: (moment) => `seit ${moment}`,
  back: 'Wieder einsetzen',
  backWhy: (name) =>
    `Die Regel „${name}“ wieder Status setzen lassen. Scheitert sie noch einmal, wird sie wieder ausgesetzt.`,
  backing: 'Wird eingesetzt …',
  mark: 'ausgesetzt',
  markWhy: (why) => `Ausgesetzt: ${why}`,
  broughtBack: (name) => `Die Regel „${name}“ setzt wieder Status.`,
  notBack: (name, why) => `Die Regel „${name}“ ist noch ausgesetzt: ${why} Bitte noch einmal versuchen.`,
  away: 'Teil einer ausgesetzten Regel',
};

export const door: Strings['door'] = {
  title: 'Diesem Fenster fehlt der Schlüssel',
  why: 'Die Engine antwortet nur mit ihrem Token, und diese Adresse enthält es nicht.',
  what: 'Die Adresse öffnen, die „callboard serve“ beim Start ausgegeben hat: Das Token steht an ihrem Ende.',
  lost: 'Lange her? Neu starten; die Adresse wird dann noch einmal ausgegeben.',
};

export const errors: Strings['errors'] = {
  unreachable: 'Die Engine antwortet nicht. Vielleicht startet sie gerade, oder sie wurde beendet.',
  unreachableDo: 'Sobald sie antwortet, geht es von selbst weiter. Wenn nicht, Callboard neu starten.',
  journalDo:
    'Prüfen, ob auf der Platte Platz ist und kein anderes Programm die Journaldatei hält, dann noch einmal versuchen.',
  otherDo: 'Noch einmal versuchen. Bleibt es so, steht im Log mehr dazu.',
  unreadable: 'Die Datei ist nicht lesbar',
};
