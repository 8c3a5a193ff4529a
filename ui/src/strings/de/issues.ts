import { number, plural } from '../../frame/format';
import type { Translated } from '../../language';
import type { issues as english } from '../issues';

export const issues: Translated<typeof english> = {
  name: 'Störungen',
  title: (n) => (n === 0 ? 'Störungen' : plural(n, 'offene Störung', 'offene Störungen')),
  open: (n) =>
    n === 0
      ? 'Störungen: nichts zu erledigen (5)'
      : `${n === 1 ? '1 Störung braucht' : `${number(n)} Störungen brauchen`} jemanden (5)`,
  needs: (n) => (n === 0 ? 'Nichts zu erledigen' : `${number(n)} zu erledigen`),
  count: (n) => (n > 99 ? '99+' : number(n)),
  kinds: {
    hook_unstable: 'Hook instabil',
    hook_failed: 'Hook gescheitert',
    hook_disabled: 'Hook abgeschaltet',
    hook_deaf: 'Hook taub',
    hook_recovered: 'Hook erholt',
    rule_set_aside: 'Regel ausgesetzt',
    write_given_up: 'Schreiben aufgegeben',
    conflict: 'Widerspruch',
    approvals: 'Wartet auf Freigabe',
    digest: 'Übersicht',
    mail: 'E-Mail',
    outgoing: 'Nicht gesagt',
    site: 'Site',
    journal: 'Journal',
  },
  show: {
    event: 'Das Ereignis zeigen',
    hook: 'Den Hook zeigen',
    rule: 'Die Regel zeigen',
    inbox: 'Posteingang zeigen',
    site: 'Die Site zeigen',
    issues: 'Die Störungen zeigen',
  },
  list: 'Offene Störungen',
  loading: 'Die Störungen werden gelesen',
  broken: 'Die Störungen waren nicht lesbar',
  old: (why) => `Was hier steht, ist der zuletzt gelesene Stand: ${why}`,
  retry: 'Noch einmal versuchen',
  empty: 'Nichts zu erledigen',
  emptyWhy:
    'Wenn ein Hook scheitert, eine Regel ausgesetzt oder ein Schreiben aufgegeben wird, steht es hier mit dem, was zu tun ist, bis es jemand erledigt hat.',
  times: (n) => (n === 1 ? 'einmal' : n === 2 ? 'zweimal' : `${number(n)}-mal`),
  once: (at) => `Einmal, ${at}`,
  met: (n, first, last) => `${n === 2 ? 'Zweimal' : `${number(n)}-mal`}, zuerst ${first}, zuletzt ${last}`,
  acknowledge: 'Zur Kenntnis nehmen',
  acknowledging: 'Wird vermerkt …',
  acknowledgeWhy: 'Sie bleibt offen und wird nicht mehr gezählt. Tritt sie wieder auf, meldet sie sich erneut. (A)',
  resolve: 'Erledigt',
  resolving: 'Wird erledigt …',
  resolveWhy: 'Damit ist sie abgeschlossen. Tritt sie wieder auf, öffnet sie sich von selbst. (R)',
  acknowledged: (by, at) => `Zur Kenntnis genommen${by === null ? '' : ` von ${by}`}${at === null ? '' : `, ${at}`}`,
  resolved: (n) => `Erledigt: ${number(n)}`,
  resolvedWhy: 'Was wieder auftritt, öffnet sich von selbst.',
  resolvedAt: (times, by, at) =>
    `Aufgetreten: ${times}; erledigt${by === null ? '' : ` von ${by}`}${at === null ? '' : `, ${at}`}`,
  close: 'Schließen',
  all: 'Alle Störungen',
  done: {
    acknowledged: (title) => `Zur Kenntnis genommen: ${title}. Sie bleibt offen, bis sie erledigt ist.`,
    resolved: (title) => `Erledigt: ${title}. Tritt sie wieder auf, öffnet sie sich von selbst.`,
  },
  not: {
    acknowledged: (why) => `Nicht vermerkt: ${why}`,
    resolved: (why) => `Nicht als erledigt vermerkt: ${why}`,
  },
};
