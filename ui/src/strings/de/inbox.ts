import type { Translated } from '../../language';
import { number, plural } from '../../frame/format';
import type { inbox as english } from '../inbox';

export const inbox: Translated<typeof english> = {
  title: (n) =>
    n === 0
      ? 'Nichts wartet auf Freigabe'
      : n === 1
        ? '1 Änderung wartet auf Freigabe'
        : `${number(n)} Änderungen warten auf Freigabe`,
  name: 'Posteingang',
  quiet: (n) => `${number(n)} im Posteingang`,
  short: (n) => `${number(n)} offen`,
  quietWhy: (n) =>
    n === 1
      ? 'Eine Änderung wartet, bis jemand sie annimmt oder ablehnt (I)'
      : `${number(n)} Änderungen warten, bis jemand sie annimmt oder ablehnt (I)`,
  why: 'Die Site fragt, bevor etwas geschrieben wird. Was angenommen wird, wird noch einmal gelesen und geschrieben, außer jemand hat es inzwischen anders gesetzt.',
  list: 'Was wartet, nach dem Ereignis, aus dem es folgt',
  loading: 'Der Posteingang wird gelesen …',
  broken: (why) => `Der Posteingang war nicht lesbar: ${why}`,
  again: 'Noch einmal lesen',
  empty: 'Alles ist entschieden',
  emptyWhy:
    'Setzt eine Regel etwas auf einer Site, die zuerst fragt, wartet es hier, bis es angenommen oder abgelehnt wird.',
  all: 'Alle',
  chooseAll: (n) => (n === 1 ? 'Auswählen' : `Alle ${number(n)} auswählen`),
  from: (changes, events) =>
    `${plural(changes, 'Änderung', 'Änderungen')} nach ${plural(events, 'Ereignis', 'Ereignissen')}`,
  somebody: 'Jemand',
  did: (who, when) => `${who}, ${when}`,
  see: 'Das Ereignis zeigen',
  seeRule: (rule) => `Die Regel „${rule}“ zeigen`,
  follows: 'folgt aus der darüber',
  choose: (entity, from, to, rule) => `${entity}: ${from} wird ${to}, durch „${rule}“`,
  field: (entity, field, to, rule) => `${entity}: ${field} wird ${to}, durch „${rule}“`,
  accept: 'Annehmen',
  decline: 'Ablehnen',
  acceptThese: (n) => (n === 0 ? 'Annehmen' : `${number(n)} annehmen`),
  declineThese: (n) => (n === 0 ? 'Ablehnen' : `${number(n)} ablehnen`),
  acceptOne: (entity) => `Annehmen: ${entity}`,
  declineOne: (entity) => `Ablehnen: ${entity}`,
  acceptWhy: 'Was gewählt ist, wird jetzt geschrieben, mit dem, woraus es folgt (A oder Strg+Enter)',
  declineWhy: 'Was gewählt ist, wird nicht geschrieben, und was daraus folgt auch nicht (D)',
  differ: (accepted, declined) =>
    `Wird etwas abgelehnt, entfällt auch, was daraus folgt: ${declined - accepted === 1 ? 'eine mehr' : `${number(declined - accepted)} mehr`}.`,
  chooseFirst: 'Mindestens eine Änderung wählen.',
  accepting: 'Wird angenommen …',
  declining: 'Wird abgelehnt …',
  whyNot: 'Warum, für die anderen (freiwillig)',
  leave: 'Lassen',
  notAccepted: (why) => `Nichts wurde angenommen: ${why}`,
  notDeclined: (why) => `Nichts wurde abgelehnt: ${why}`,
  close: 'Schließen',
  became: 'Was daraus wurde',
  becoming: (n) => `${plural(n, 'angenommene Änderung wird', 'angenommene Änderungen werden')} geschrieben.`,
  written: (n) => `${plural(n, 'angenommene Änderung ist', 'angenommene Änderungen sind')} geschrieben.`,
  declined: (n) => `${plural(n, 'Änderung ist', 'Änderungen sind')} abgelehnt. Nichts wurde geschrieben.`,
  otherwise: (n) => `${plural(n, 'Änderung ging', 'Änderungen gingen')} anders aus:`,
  more: (n) => `Und ${number(n)} mehr; der Feed sagt, was aus jeder wurde.`,
  gone: (n) =>
    n === 1
      ? 'Eine weitere wartet nicht mehr: Jemand anders hat sie entschieden, oder eine spätere Änderung trat an ihre Stelle.'
      : `${number(n)} weitere warten nicht mehr: Jemand anders hat sie entschieden, oder spätere Änderungen traten an ihre Stelle.`,
};
