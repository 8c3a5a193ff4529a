import { number } from '../../frame/format';
import type { Translated } from '../../language';
import type { preferences as english } from '../preferences';

export const preferences: Translated<typeof english> = {
  name: 'Einstellungen',
  open: 'Einstellungen (,)',
  loading: 'Die Einstellungen werden gelesen',
  broken: 'Die Einstellungen waren nicht lesbar',
  retry: 'Noch einmal versuchen',
  close: 'Schließen',
  saving: 'Wird gesichert …',
  saved: 'Gesichert',
  notSaved: (why) => `Das wurde nicht gesichert: ${why}`,
  notHere: (why) => `Dieser Rechner hat es nicht übernommen: ${why}`,
  told: {
    title: 'Benachrichtigungen',
    why: 'Jede meldet eine Veränderung einmal und sagt, was zu tun ist. Störungen stehen in ihrer Liste, ob benachrichtigt wird oder nicht.',
    others: 'Wer es noch erfährt …',
    othersWhy: 'Durch signierte Webhooks: Werkzeuge des Studios, oder wer anderswo lebt.',
  },
  groups: { hooks: 'Hooks', work: 'Regeln und Änderungen', rest: 'Alles Übrige' },
  kinds: {
    hook_unstable: { name: 'Ein Hook ist instabil', why: 'Einige seiner Zustellungen sind gescheitert.' },
    hook_failed: {
      name: 'Ein Hook ist gescheitert',
      why: 'Die Site hat ihn aufgegeben; es kommt nichts, bis er wieder aktiviert wird.',
    },
    hook_disabled: { name: 'Ein Hook wurde abgeschaltet', why: 'Jemand hat es auf der Site getan.' },
    hook_deaf: { name: 'Ein Hook ist taub', why: 'Auf der Site geschieht etwas, und nichts kommt an.' },
    hook_recovered: { name: 'Ein Hook ist erholt', why: 'Er stellt wieder zu wie vorher.' },
    rule_set_aside: {
      name: 'Eine Regel ist ausgesetzt',
      why: 'Sie ist gescheitert und setzt nichts, bis sie wieder eingesetzt wird.',
    },
    write_given_up: {
      name: 'Ein Schreiben wurde aufgegeben',
      why: 'Die Site hat es abgewiesen oder zu lange nicht geantwortet.',
    },
    conflict: {
      name: 'Regeln widersprechen sich',
      why: 'Zwei wollen denselben Status verschieden setzen; es wird nichts gesetzt.',
    },
    approvals: { name: 'Änderungen warten auf Freigabe', why: 'Ihre Site oder ihr Projekt fragt zuerst.' },
    site: { name: 'Eine Site verbirgt etwas', why: 'Was Regeln sehen müssen, ist nicht lesbar.' },
    mail: { name: 'E-Mail geht nicht hinaus', why: 'Solange das so ist, erfährt das Studio nichts per E-Mail.' },
    outgoing: { name: 'Jemand erfährt es nicht', why: 'Nachrichten an eine andere Adresse warten.' },
    digest: {
      name: 'Eine Übersicht nach Ruhezeiten',
      why: 'Was inzwischen geschah, in einer Benachrichtigung.',
    },
    journal: {
      name: 'Das Journal war nicht aufzuräumen',
      why: 'Alte Ereignisse bleiben liegen, und es wächst weiter.',
    },
  },
  quiet: {
    title: 'Ruhezeiten',
    on: 'Zu bestimmten Zeiten ruhig bleiben',
    why: 'Dann wird nichts gemeldet. Was inzwischen geschah, kommt danach in einer Übersicht.',
    from: 'Von',
    until: 'Bis',
    weekends: 'Auch den ganzen Samstag und Sonntag',
    noTime: 'Eine Uhrzeit steht da wie 19:00.',
    same: 'Das ist zweimal dieselbe Uhrzeit.',
    says: (from, until, next, weekends, digest) =>
      `Ruhe von ${from} bis ${until}${next ? ' am nächsten Tag' : ''}${weekends ? ' und an Wochenenden' : ''}. ` +
      (digest ? 'Danach kommt eine Übersicht.' : 'Es kommt keine Übersicht: Sie ist oben ausgeschaltet.'),
  },
  keep: {
    title: 'Was aufbewahrt wird',
    why: 'Das Journal von Callboard enthält jedes Ereignis und was daraus folgte. Auf einer Site wird nie etwas gelöscht.',
    never:
      'Unerledigtes bleibt immer (Änderungen, die warten, angehalten oder unterwegs sind), die letzten acht Tage ebenso.',
    days: 'Alte Ereignisse gehen lassen',
    daysWhy: 'Ereignisse, die älter sind als so viele Tage.',
    daysLabel: 'Tage',
    daysBad: (least) => `Eine ganze Zahl von Tagen, mindestens ${least}.`,
    megabytes: 'Das Journal klein halten',
    megabytesWhy: 'Über dieser Größe in Megabyte gehen die ältesten Ereignisse zuerst.',
    megabytesLabel: 'Megabyte',
    megabytesBad: (least) => `Eine ganze Zahl von Megabyte, mindestens ${least}.`,
    says: (days, megabytes) =>
      days === null && megabytes === null
        ? 'Alles wird für immer aufbewahrt.'
        : `Aufbewahrt: ${[
            ...(days === null ? [] : [days === 1 ? 'der letzte Tag' : `die letzten ${number(days)} Tage`]),
            ...(megabytes === null ? [] : [`bis zu ${number(megabytes)} MB`]),
          ].join(', ')}.`,
    apply: 'Weniger aufbewahren …',
    sure: 'Endgültig gehen lassen',
    applyWhy: 'Was älter oder zu viel ist, geht aus dem Journal und kommt nicht zurück.',
    cancel: 'Behalten',
    working: 'Wird gesichert …',
  },
  here: {
    title: 'Dieser Rechner',
    login: 'Callboard bei der Anmeldung starten',
    loginWhy:
      'Es beginnt ohne Fenster. Öffnen lässt es sich über das Symbol in der Leiste oder durch Starten von Callboard.',
  },
  look: { title: 'Aussehen und Sprache', theme: 'Farbschema' },
};
