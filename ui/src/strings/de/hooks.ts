import { number, plural } from '../../frame/format';
import type { Translated } from '../../language';
import type { hooks as english } from '../hooks';
import { heard } from './heard';
import { sheet } from './hookSheet';

type Hooks = Translated<typeof english>;

const states: Hooks['states'] = {
  active: 'Aktiv',
  unstable: 'Instabil',
  failed: 'Ausgefallen',
  disabled: 'Ausgeschaltet',
  deaf: 'Taub',
};

function wrong(refused: number, failed: number): string {
  const here = refused > 0 ? ` · ${number(refused)} abgewiesen` : '';
  return here + (failed > 0 ? ` · ${number(failed)} nach den Aufzeichnungen der Site fehlgeschlagen` : '');
}

const badges: Hooks['badges'] = {
  slow_response: 'Langsam',
  heavy_load: 'Hohe Last',
  very_heavy_load: 'Sehr hohe Last',
  throttled: 'Gedrosselt',
  unsigned: 'Unsigniert',
};

const badgeWhy: Hooks['badgeWhy'] = {
  slow_response: 'Antworten dauern im Mittel mehr als 500 ms.',
  heavy_load:
    'Er braucht mehr als 10 % des Antwortbudgets der Site. Weniger zustellen lassen oder schneller antworten.',
  very_heavy_load:
    'Er braucht mehr als 50 % des Antwortbudgets der Site. Weniger zustellen lassen oder schneller antworten.',
  throttled: 'Er braucht mehr als das ganze Antwortbudget der Site, daher stellt sie langsamer zu.',
  unsigned: 'Wer die Adresse kennt, kann an sie senden. Ein Secret anlegen.',
};

const titles: Hooks['titles'] = {
  active: 'Etwas ist einen Blick wert',
  unstable: 'Einige Zustellungen sind gescheitert',
  failed: 'Die Site hat diesen Hook aufgegeben',
  disabled: 'Dieser Hook ist ausgeschaltet',
  deaf: 'Auf der Site geschieht etwas, und nichts kommt an',
};

const whys: Hooks['whys'] = {
  active: 'Er stellt zu; ein Zeichen neben seinem Zustand sagt, worauf zu achten ist.',
  unstable:
    'In den letzten 24 Stunden sind Zustellungen gescheitert. Bei 100 Fehlschlägen in 24 Stunden gibt die Site den Hook auf.',
  failed:
    'Nach 100 Fehlschlägen in 24 Stunden wird nichts mehr zugestellt. Die Ursache beheben, dann wieder einschalten.',
  disabled: 'Nichts wird zugestellt, bis er wieder eingeschaltet wird.',
  deaf: 'Prüfen: den Tunnel oder Proxy vor diesem Rechner, die Felder des Hooks auf Tippfehler und ob der Hook eingeschaltet ist.',
};

const plainWhys: Hooks['plainWhys'] = {
  ...whys,
  unstable: 'In den letzten 24 Stunden sind Zustellungen gescheitert.',
  failed: 'Nichts wird mehr zugestellt. Die Ursache beheben, dann dort wieder einschalten, wo er angelegt wurde.',
};

const logs: Hooks['log']['states'] = {
  off: 'Log aus',
  live: 'Log aktuell',
  catching_up: 'Holt auf',
  trouble: 'Log nicht gelesen',
};

const verdicts: Hooks['deliveries']['verdicts'] = {
  both: 'empfangen',
  known_anyway: 'anderswoher bekannt',
  missing: 'fehlt',
  only_here: 'empfangen, der Site unbekannt',
  about_itself: 'über den Hook selbst',
};

export const hooks: Hooks = {
  title: 'Hooks',
  none: 'Noch kein Hook',
  noneWhy:
    'Noch stellt kein Webhook hierher zu. In der Ansicht Hooks (3) lässt sich einer anlegen; eine Site verbindet man in der Ansicht Sites (4).',
  active: (n) => `${plural(n, 'Hook', 'Hooks')} aktiv`,
  bad: (n, state, names) => (n === 1 ? `1 Hook ${state}: ${names}` : `${n} Hooks bitte ansehen: ${names}`),
  since: (moment) => `seit ${moment}`,
  open: (name) => `Den Hook ${name} zeigen`,
  well: 'Alles in Ordnung. Nichts zu tun.',
  states,
  badges,
  badgeWhy,
  titles,
  whys,
  plainWhys,
  heard,
  noRecord: (tracker) =>
    `${tracker} führt keine lesbaren Aufzeichnungen über Zustellungen: Es gibt nichts zu vergleichen und nichts erneut zuzustellen. Was ankam, steht im Feed.`,
  list: 'Hooks nach Dringlichkeit, dann nach Namen',
  filter: 'Hook suchen',
  noFit: 'Kein Hook hat das im Namen.',
  fresh: 'Neuer Hook',
  freshWhy: 'Einen Hook anlegen, hier und auf der Site (A)',
  noSite: 'Zuerst eine Site verbinden; Hooks gehören zu einer.',
  toSites: 'Zu den Sites',
  empty: 'Noch stellt kein Hook hierher zu',
  emptyLog: 'Auch das Ereignislog bringt jede Änderung; ein Hook bringt sie nur früher.',
  emptyWhy:
    'Ein Hook ist eine Adresse, an die der Tracker jede Änderung einen Moment später sendet. Einen anlegen und einen Test hindurchschicken.',
  broken: 'Die Hooks waren nicht lesbar',
  retry: 'Noch einmal versuchen',
  loading: 'Die Hooks werden gelesen',
  old: (why) => `Diese Zahlen sind nicht frisch: ${why}`,
  events: (n, refused) =>
    n === 0 && refused === 0
      ? 'nichts in 24 h'
      : `${number(n)} in 24 h${refused > 0 ? ` · ${number(refused)} abgewiesen` : ''}`,
  detail: (name) => `Der Hook ${name}`,
  act: {
    test: 'Test senden',
    testing: 'Wird getestet …',
    testWhy: 'Die Site einen Test durch den Hook senden lassen und sehen, wo er endet (T)',
    look: 'Untersuchen',
    looking: 'Wird untersucht …',
    lookWhy: (tracker) => `${tracker} sendet keine Tests. Seinen Webhook ansehen, und ob schon etwas ankam (T)`,
    change: 'Ändern …',
    changeWhy: 'Ändern, was er zustellt (E)',
    switch_on: 'Wieder einschalten',
    switch_off: 'Ausschalten',
    off_sure: 'Jetzt ausschalten',
    new_secret: 'Neues Secret',
    secret_sure: 'Jetzt anlegen',
    secret_change: 'Neues Secret …',
    remove: 'Löschen …',
    remove_sure: 'Endgültig löschen',
    show_failed: 'Gescheitertes zeigen',
    show_missing: 'Fehlendes zeigen',
    cancel: 'Abbrechen',
    working: 'Läuft …',
    unknown: 'Was die Site über diesen Hook aufzeichnet, ist nicht bekannt; von hier lässt er sich nicht ändern.',
  },
  twice: {
    off: 'Nichts wird zugestellt, bis er wieder eingeschaltet wird.',
    secret: 'Die Site signiert ab dann mit dem neuen; das alte gilt noch eine Weile.',
    remove:
      'Er verschwindet hier und auf der Site, samt deren Aufzeichnungen über seine Zustellungen. Was im Journal steht, bleibt.',
    removeHere: 'Er verschwindet hier. Den Webhook auch in Creative Force löschen. Was im Journal steht, bleibt.',
  },
  done: {
    created: (name) => `Der Hook ${name} ist angelegt. Ein Test zeigt, ob er zustellt.`,
    changed: (name) => `Der Hook ${name} ist auf der Site geändert.`,
    secret: (name) => `Der Hook ${name} hat ein neues Secret.`,
    on: (name) => `Der Hook ${name} ist wieder aktiv.`,
    off: (name) => `Der Hook ${name} ist ausgeschaltet.`,
    removed: (name) => `Der Hook ${name} ist gelöscht.`,
  },
  not: {
    created: (why) => `Der Hook wurde nicht angelegt: ${why}`,
    put: (name, why) => `Der Hook ${name} wurde nicht gesichert: ${why}`,
    changed: (name, why) => `Der Hook ${name} wurde nicht geändert: ${why}`,
    on: (name, why) => `Der Hook ${name} ließ sich nicht einschalten: ${why}`,
    off: (name, why) => `Der Hook ${name} wurde nicht ausgeschaltet: ${why}`,
    removed: (name, why) => `Der Hook ${name} wurde nicht gelöscht: ${why}`,
    tested: (name, why) => `Der Hook ${name} ließ sich nicht testen: ${why}`,
    redelivered: (why) => `Nichts wurde erneut zugestellt: ${why}`,
    backfilled: (why) => `Nichts wurde nachgeladen: ${why}`,
  },
  figures: {
    label: 'Kennzahlen',
    answered: 'Antwort, im Mittel',
    answeredSite: (site) => (site === null ? 'von der Site noch nicht gemessen' : `laut Site ${site}`),
    nothing: '–',
    noneHour: 'in der letzten Stunde keine Zustellung',
    deliveries: 'Zustellungen, 24 h',
    refused: (n) => (n === 0 ? 'keine abgewiesen' : `${number(n)} abgewiesen`),
    last: (moment) => (moment === null ? 'noch keine' : `zuletzt um ${moment}`),
    failures: 'Bis zum Ausfall',
    of: (limit) => `von ${number(limit)}`,
    noFailures: 'kein Fehlschlag in 24 h',
    forecast: (failures, limit, at) =>
      at === null
        ? `${number(failures)} von ${number(limit)} Fehlschlägen in 24 h; so fällt er nicht aus`
        : `${number(failures)} von ${number(limit)} Fehlschlägen in 24 h; so fällt er gegen ${at} aus`,
    pace: (at) => `so fällt er gegen ${at} aus`,
    noPace: 'so fällt er nicht aus',
    reached: 'erreicht: Nichts wird zugestellt',
    revived: 'erreicht, bevor er wieder aktiviert wurde',
    untold: 'die Aufzeichnungen der Site sind nicht bekannt',
    uptime: 'Aktiv, 7 Tage',
    unknown: 'noch nicht bekannt',
    uptimeOf: (known) => `bekannt: ${known}`,
  },
  days: {
    title: 'Letzte 30 Tage',
    label: (active, known) =>
      `Letzte 30 Tage: ${number(active)} von ${plural(known, 'bekannten Tag', 'bekannten Tagen')} durchgehend aktiv`,
    unknown: 'nichts bekannt',
    day: (day, worst, share, deliveries, refused) =>
      `${day}: schlimmstenfalls ${worst}, ${share} der Zeit aktiv; ${plural(deliveries, 'Zustellung', 'Zustellungen')}, ${number(refused)} abgewiesen`,
    first: 'vor 30 Tagen',
    seven: (share) => (share === null ? '7 Tage: noch nicht bekannt' : `7 Tage: ${share} aktiv`),
    thirty: (share) => (share === null ? '30 Tage: noch nicht bekannt' : `30 Tage: ${share} aktiv`),
  },
  budget: {
    title: 'Anteil am Antwortbudget der Site',
    why: 'Eine Site wartet je Minute eine Minute auf alle ihre Hooks zusammen.',
    share: (share, seconds) => `${share}, ${seconds} von 60 s je Minute`,
    unknown: 'Noch nicht bekannt: In der letzten Stunde wurde nichts zugestellt.',
    marks: { heavy: '10 % hoch', very: '50 % sehr hoch', throttled: '100 % gedrosselt' },
    site: (seconds) => `Budget ${seconds} von 60 s je Minute`,
  },
  chart: {
    title: 'Antwortzeit und Fehlschläge, 24 Stunden',
    none: 'In den letzten 24 Stunden kam nichts an.',
    label: (longest, refused, failed) =>
      `Antwortzeiten der letzten 24 Stunden: Die längste Antwort brauchte ${longest}; ${plural(refused, 'Zustellung', 'Zustellungen')} abgewiesen, ${number(failed)} nach den Aufzeichnungen der Site fehlgeschlagen.`,
    table: 'Als Tabelle',
    picture: 'Als Bild',
    at: (time, mean, longest, deliveries, refused, failed) =>
      `${time} · Mittel ${mean} · längste ${longest} · ${plural(deliveries, 'Zustellung', 'Zustellungen')}${wrong(refused, failed)}`,
    bad: (time, refused, failed) => `${time} · nichts angenommen${wrong(refused, failed)}`,
    quiet: (time) => `${time} · nichts kam an`,
    hint: 'Linie: Mittel, blass: längste, rot: fehlgeschlagen oder abgewiesen',
    slow: 'langsam ab 500 ms',
    heads: {
      at: 'Stunde',
      mean: 'Mittel',
      longest: 'Längste',
      deliveries: 'Zustellungen',
      refused: 'Abgewiesen',
      failed: 'Fehlgeschlagen',
    },
  },
  about: {
    title: 'Was er ist',
    address: 'Adresse auf diesem Rechner',
    publicAddress: 'Adresse für die Site',
    noPublic: 'Keine öffentliche Adresse ist gesetzt; eine Site im Internet erreicht diesen Hook nicht.',
    setPublic: 'Setzen',
    delivers: 'Stellt zu',
    projects: 'Projekte',
    allProjects: 'alle',
    projectIds: (ids) => `nur die mit den Ids ${ids}`,
    format: 'Form',
    batched: 'bis zu fünfzig Ereignisse gebündelt',
    single: 'ein Ereignis je Anfrage',
    certificate: 'Zertifikat',
    checked: 'von der Site geprüft',
    unchecked: 'von der Site nicht geprüft',
    signature: 'Signatur',
    shown: 'nicht signiert; jede Zustellung zeigt ein Secret in einem Header, das hier geprüft wird',
    strength: 'Wie stark das ist',
    weaknesses: 'Was das wert ist',
    addressTrouble: 'Was an der Adresse nicht stimmt',
    signed: 'jede Zustellung ist signiert und wird hier geprüft',
    unsigned: 'keine: Wer die Adresse kennt, kann an sie senden',
    state: 'Laut Site',
    url: 'Die Site sendet an',
    copy: 'Kopieren',
    copied: 'Kopiert',
    copyWhat: (what) => `Kopieren: ${what}`,
    keep: 'Behalten oder aufgeben',
  },
  says: {
    custom: (event) => `das eigene Ereignis ${event}`,
    filter: (filter) => `was durch diesen Filter kommt: ${filter}`,
    created: 'beim Anlegen',
    deleted: 'beim Löschen',
    revived: 'beim Wiederherstellen',
    changedAny: 'bei jeder Änderung',
    changed: (fields) => `bei Änderung von ${fields}`,
    or: ' oder ',
    and: ', ',
    type: (type, moments) => `${type}: ${moments}`,
    nothing: 'nichts',
  },
  test: {
    close: 'Den Test schließen',
    sent: {
      title: 'Test',
      asking: 'Die Site wird gebeten, einen Test zu senden; warten, bis er hier ankommt …',
      arrived: (took) => (took === null ? 'Der Test kam an.' : `Der Test kam nach ${took} an.`),
      notArrived: (why) => `Der Test kam nicht an. ${why}`,
      again: 'Noch einmal testen',
    },
    looked: {
      title: 'Untersuchung',
      asking: 'Die Site wird nach ihrem Webhook gefragt …',
      arrived: () => 'Zustellungen sind angekommen.',
      notArrived: () =>
        'Noch ist keine Zustellung angekommen. Auf der Site einen Status ändern, dann noch einmal untersuchen.',
      again: 'Noch einmal untersuchen',
    },
  },
  deliveries: {
    title: 'Zustellungen der letzten 7 Tage',
    why: 'Die Aufzeichnungen der Site neben unseren',
    show: { all: 'Alle', missing: 'Hier fehlend', failed: 'Gescheitert' },
    shown: 'Gezeigte Zustellungen',
    reading: 'Die Site wird nach ihren Aufzeichnungen gefragt',
    again: 'Neu vergleichen',
    againWhy: 'Die Site noch einmal fragen (R)',
    more: (n) => `${number(n)} mehr zeigen`,
    siteMore: 'Die Site hat mehr, als angesehen wurden.',
    notRead: (why) => `Die Zustellungen ließen sich nicht vergleichen: ${why}`,
    compared: (at) => `Verglichen um ${at}.`,
    sum: (missing, there) =>
      missing === 0 && there === 0
        ? 'Beide Aufzeichnungen stimmen überein; nichts fehlt.'
        : [
            missing === 0
              ? 'Hier fehlt nichts'
              : `${number(missing)} ${missing === 1 ? 'kam' : 'kamen'} nie an, mit Ereignissen, die hier nicht bekannt sind`,
            there === 0
              ? ''
              : `${number(there)} ${there === 1 ? 'kam an und steht' : 'kamen an und stehen'} nicht in den Aufzeichnungen der Site`,
          ]
            .filter(Boolean)
            .join('; ') + '.',
    none: {
      all: 'In den letzten 7 Tagen wurde nichts zugestellt.',
      missing: 'Hier fehlt nichts.',
      failed: 'Keine Zustellung ist gescheitert.',
    },
    heads: {
      choose: 'Alle gezeigten',
      at: 'Zeit',
      events: 'Ereignisse',
      site: 'Site sagt',
      here: 'Hier',
      answer: 'Antwort',
      acknowledged: 'Rückmeldung',
    },
    delivered: 'zugestellt',
    failed: 'gescheitert',
    noRecord: 'kein Eintrag',
    notKnown: 'nicht bekannt',
    received: 'empfangen',
    verdicts,
    noAnswer: (took) => `keine in ${took}`,
    answer: (code, took) => `${code} · ${took}`,
    entries: (n) => plural(n, 'Ereignis', 'Ereignisse'),
    itself: 'Test oder Zustand',
    numbers: (list) => `Einträge des Ereignislogs: ${list}`,
    choice: (at) => `Die Zustellung von ${at}`,
    chosen: (n) => (n === 0 ? 'Keine gewählt' : `${number(n)} gewählt`),
    redeliver: (n) => (n === 0 ? 'Erneut zustellen' : `${number(n)} erneut zustellen`),
    redeliverWhy:
      'Die Site sendet die gewählten Zustellungen noch einmal. Was hier bekannt ist, wird nicht doppelt behandelt.',
    backfill: (n) => (n === 0 ? 'Nachladen' : `${plural(n, 'Ereignis', 'Ereignisse')} nachladen`),
    backfillWhy: 'Die Ereignisse der gewählten Zustellungen werden aus dem Ereignislog der Site gelesen.',
    redelivering: 'Die Site wird gebeten, Zustellungen noch einmal zu senden',
    backfilling: 'Ereignisse werden aus dem Ereignislog der Site gelesen',
    redelivered: (n) =>
      n === 0
        ? 'Die Site hat keine davon angenommen.'
        : `Die Site sendet ${plural(n, 'Zustellung', 'Zustellungen')} noch einmal.`,
    backfilled: (fresh, known, gone) =>
      [
        `${plural(fresh, 'Ereignis ist', 'Ereignisse sind')} hier neu, ${number(known)} ${known === 1 ? 'war' : 'waren'} bekannt.`,
        gone.length === 0
          ? ''
          : gone.length > 5
            ? `Die Site hat ${number(gone.length)} Einträge nicht mehr.`
            : `Die Site hat ${gone.length === 1 ? 'den Eintrag' : 'die Einträge'} ${gone.join(', ')} nicht mehr.`,
      ]
        .filter(Boolean)
        .join(' '),
  },
  log: {
    title: (site) => `Das Log von ${site}`,
    states: logs,
    off: 'Wird nicht gelesen. Nur Hooks bringen Ereignisse dieser Site; was sie verpassen, fehlt.',
    live: (at, every) =>
      at === null
        ? `Wird alle ${number(every)} s gelesen.`
        : `Alles bis ${at} ist gelesen, alle ${number(every)} s wieder.`,
    catching: (caught, behind) => `${number(caught)} gelesen, etwa ${number(behind)} noch offen`,
    progress: 'Das Log der Site wird aufgeholt',
    gaps: (n) =>
      n === 0 ? 'keine Nummer fehlt' : `auf ${plural(n, 'fehlende Nummer', 'fehlende Nummern')} wird gewartet`,
    position: (n) => (n === null ? 'noch nichts gelesen' : `bis Eintrag ${n}`),
    readAt: (at) => (at === null ? 'noch nicht gelesen' : `zuletzt gelesen um ${at}`),
    trouble: 'Es ist gerade nicht lesbar.',
    short: (state, done, at) =>
      state === 'catching_up' && done !== null
        ? `holt auf, ${done} %`
        : state === 'live'
          ? at === null
            ? 'Log aktuell'
            : `Log bis ${at}`
          : state === 'off'
            ? 'Log aus'
            : 'Log nicht gelesen',
  },
  sheet,
};
