import type { Translated } from '../../language';
import type { inspector as english } from '../inspector';
import { article, itsObject, many, ofIts, theObject } from './types';

type Inspector = Translated<typeof english>;

const ofSteps = (type: string, steps: string) => (steps ? `${many(type)} von ${steps}` : many(type));

/** `Wenn eine [Version] im [Status] [von jedem] auf [Approved] [wechselt], und …, setzt die Regel [den Task] auf [Final].` */
export const said: Inspector['said'] = {
  verbLast: true,
  when: (entity) => `Wenn ${article(entity)}`.trim(),
  onSite: (entity, site) => `${entity} auf ${site}`,
  s: 'im',
  setField: 'im Feld',
  status: 'Status',
  becomes: 'wechselt',
  changesIts: 'wechselt',
  as: 'mit Status',
  to: 'auf',
  from: 'von',
  anyStatus: 'beliebig',
  anything: 'beliebig',
  fromAny: 'von jedem',
  fromAnything: 'von jedem Wert',
  anyName: 'unter jedem Ereignisnamen',
  named: (names) => `unter dem Ereignisnamen ${names}`,
  either: ', und entweder',
  or: 'oder',
  and: 'und',
  andFirst: ', und',
  always: 'in jedem Fall',
  set: ', setzt die Regel',
};

/** After `und`, the verb stands last. */
export const asks: Inspector['asks'] = {
  step: (entity) => (entity === 'Version' ? 'der Step ihres Tasks … ist' : 'der Step … ist'),
  stepNot: (entity) => (entity === 'Version' ? 'der Step ihres Tasks nicht … ist' : 'der Step nicht … ist'),
  project: 'das Projekt … ist',
  belongsTo: 'es zu … gehört',
  aType: (type) => type,
  changedBy: 'von jemandem bewegt',
  statusIs: 'der Status … ist',
  statusIsNot: 'der Status nicht … ist',
  targetIs: (its) => `der ${its}-Status … ist`,
  targetIsNot: (its) => `der ${its}-Status nicht … ist`,
  neverBackwards: (its) => `der ${its}-Status nicht zurückgeht`,
  firstVersion: 'es die erste Version ihres Tasks ist',
  text: 'der Text … enthält',
  textNot: 'der Text nicht … enthält',
  its: 'Feld',
  whose: (its) => `${its}-Feld`,
  fieldIs: (whose, field, values) => `${whose} ${field} ${values} ist`,
  fieldIsNot: (whose, field, values) => `${whose} ${field} nicht ${values} ist`,
  filter: (expression) => `für das Ereignis gilt: ${expression}`,
};

export const around: Inspector['around'] = {
  relatives: {
    tasks: () => 'Tasks ringsum',
    versions: () => 'Versionen des Tasks',
    upstream: () => 'Tasks, auf die es wartet,',
    same_kind: (mover) => `${many(mover)} daneben`,
  },
  below: (type) => `${many(type)} darunter`,
  ofSteps: (those, steps) => `${those} (${steps})`,
  all: (those) => `alle ${those} stehen auf`,
  any: (those) => `mindestens eins der ${those} steht auf`,
  none: (those) => `keins der ${those} steht auf`,
  ignoring: 'ohne',
  blank: (those) => `die ${those} stehen …`,
  of: 'Ansehen',
  choices: {
    tasks: 'die Tasks dessen, wozu es gehört',
    versions: 'die Versionen des Tasks',
    upstream: 'die Tasks, auf die es wartet',
    same_kind: 'die derselben Art daneben',
    below: 'was darunter liegt, vom Typ',
  },
  howAll: 'Alle stehen auf',
  howAny: 'Mindestens eins steht auf',
  howNone: 'Keins steht auf',
  left: 'Ohne die, die stehen auf',
  ifNone: 'Gilt auch, wenn es nichts anzusehen gibt',
  steps: 'Nur von diesen Steps',
};

/** The object of `setzt`. */
export const whose: Inspector['whose'] = {
  itself: (entity) => `${theObject(entity)} selbst`,
  task: 'den zugehörigen Task',
  shot: 'den zugehörigen Shot',
  parent: itsObject,
  tasksOfShot: (entity, steps) =>
    entity === 'Shot'
      ? `die zugehörigen ${ofSteps('Task', steps)}`
      : `die ${entity === 'Task' ? 'anderen ' : ''}${ofSteps('Task', steps)} des Shots`,
  children: (type, of, steps) =>
    of ? `die ${ofSteps(type, steps)} ${ofIts(of)}` : `die zugehörigen ${ofSteps(type, steps)}`,
  versions: {
    latest: 'die neueste Version des Tasks',
    highest_number: 'die Version mit der höchsten Nummer',
    all: 'alle Versionen des Tasks',
    others: 'die anderen Versionen des Tasks',
  },
  next: {
    steps: (steps) => (steps ? `die nächsten Tasks von ${steps}` : 'die Tasks des nächsten Steps'),
    dependency: (steps) => `die ${ofSteps('Task', steps)}, die darauf warten`,
    name: (steps) => `den nächsten Task${steps ? ` von ${steps}` : ''} nach Namen`,
  },
  elsewhere: (type, site, field, key) =>
    field === undefined && key === undefined
      ? `${theObject(type)} desselben Namens auf ${site}`
      : `${theObject(type)} auf ${site}, wo ${field ?? 'der Name'} gleich ${key ?? 'dem Namen'} hier ist`,
  onceAll: 'sobald für alle davor gilt:',
  through: 'vorbei an',
};

export const wanted: Inspector['wanted'] = {
  label: 'Setzen auf',
  forms: {
    codes: 'Status',
    same: 'Derselbe Status',
    same_class: 'Ein Status derselben Klasse',
    cleared: 'Kein Status',
    roll_up: 'Was mehrere ergeben',
  },
  formsWhy: {
    codes: 'Gesetzt wird der erste. Steht schon einer der anderen da, bleibt er.',
    same: 'Der Code, zu dem das kam, was sich bewegt hat.',
    same_class: 'Steht schon ein Status dieser Klasse da, bleibt er; sonst wird es der erste dieser Klasse.',
    cleared: 'Der Status wird weggenommen.',
    roll_up: 'Sieht alle an, die dazugehören; die erste Zeile, die gilt, sagt den Status.',
  },
  choose: 'Status wählen',
  chooseValue: 'Wert wählen',
  values: 'Werte, als Text',
  same: 'denselben Status',
  sameClass: 'einen Status derselben Klasse',
  cleared: 'keinen Status',
  asItIs: 'was es ist',
  unless: 'außer bei',
  when: 'wenn',
  always: 'in jedem Fall',
  otherwise: 'in allen anderen Fällen',
  else: 'sonst',
  leavingOut: 'ohne',
  all: ofSteps,
  picked: {
    least_advanced: (type, steps) => `was unter den zugehörigen ${ofSteps(type, steps)} am wenigsten weit ist`,
    most_advanced: (type, steps) => `was unter den zugehörigen ${ofSteps(type, steps)} am weitesten ist`,
  },
  statusOf: (whole) => `den Status dessen, ${whole}`,
  rollUpBlank: (whole) => `was die zugehörigen ${whole} ergeben …`,
  row: {
    all: (whole) => (whole ? `für alle zugehörigen ${whole} gilt:` : 'für alle gilt:'),
    any: (whole) => (whole ? `für mindestens eins der zugehörigen ${whole} gilt:` : 'für mindestens eins gilt:'),
    none: (whole) => (whole ? `für keins der zugehörigen ${whole} gilt:` : 'für keins gilt:'),
  },
  rowPicked: (whole) => (whole ? `für das, ${whole}, gilt:` : 'dafür gilt:'),
  of: 'Ansehen: die zugehörigen',
  steps: 'Nur von diesen Steps',
  ignoring: 'Ohne die, die stehen auf',
  pick: 'Welche davon zählen',
  picks: { none: 'alle', least_advanced: 'am wenigsten weit', most_advanced: 'am weitesten' },
  rows: 'Zeilen, der Reihe nach gefragt',
  rowsPicked: 'Zeilen, oder keine: Dann gilt der Status des gewählten',
  rowLabel: (n) => `Zeile ${n}`,
  rowAll: 'wenn alle stehen auf',
  rowAny: 'wenn eins steht auf',
  rowNone: 'wenn keins steht auf',
  rowTo: 'setzen auf',
  rowToNone: 'bleibt, wie es ist',
  rowAsks: 'nicht gefragt',
  addRow: 'Zeile hinzufügen',
  removeRow: (n) => `Zeile ${n} entfernen`,
  rowUp: (n) => `Zeile ${n} früher fragen`,
  rowDown: (n) => `Zeile ${n} später fragen`,
};
