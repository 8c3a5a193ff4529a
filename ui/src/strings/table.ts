import { number, plural } from '../frame/format';

const only = (condition: string) => (condition ? `, only if ${condition}` : '');

/** Words of the rules as tables: the mapping from one column to another, and the list of all rules. */
export const table = {
  tabs: { mapping: 'Mapping', all: 'All rules' },
  tabsLabel: 'What the table shows',
  from: 'From',
  to: 'to',
  choice: (type: string, n: number) => (n === 0 ? `${type}, no link yet` : `${type}, ${plural(n, 'link', 'links')}`),
  caption: (from: string, to: string) =>
    from === to
      ? `${from} statuses that set other ${to} statuses`
      : `${from} statuses and the ${to} statuses that they set`,
  down: (type: string) => `${type} becomes ↓`,
  across: (type: string) => `${type} is set to →`,
  how: 'Enter draws or selects a link, Delete takes it away.',
  entries: (type: string) => `${type}, whatever its status`,
  begins: (type: string, begins: string) => `${type} ${begins}`,
  created: 'created',
  named: (type: string, status: string) => `${type} ${status}`,
  beginning: (type: string, status: string, begins: string) => `${type} ${begins} as ${status}`,
  sets: (from: string, to: string, condition: string) => `${from} sets ${to}${only(condition)}`,
  none: (from: string, to: string) => `${from}, ${to}: no rule`,
  self: (status: string) => `${status}: the same status`,
  off: (words: string) => `${words}; switched off`,
  resting: (words: string, why: string) => `${words}; set aside: ${why}`,
  status: (name: string, type: string) => `${name}, ${type}`,
  legend: 'Signs',
  legends: {
    plain: 'sets it',
    when: 'only under a condition',
    off: 'switched off',
    resting: 'set aside',
  },
  said: {
    drawn: (words: string) => `Drawn: ${words}`,
    selected: (words: string) => `Selected: ${words}`,
    gone: (from: string, to: string, others: number) =>
      others === 0
        ? `The link ${from} → ${to} is gone.`
        : `The rule that drew ${from} → ${to} is gone, and with it ${plural(others, 'other link', 'other links')}. Ctrl+Z brings all back.`,
    stays: (from: string, to: string) => `Nothing to take away: ${from} → ${to} has no rule.`,
    moved: (name: string, place: number, of: number, group: string) =>
      `${name} is number ${number(place)} of ${number(of)}${group ? `, in ${group}` : ''}.`,
    parked: (name: string) => `${name} is parked.`,
    used: (name: string, type: string) => `${name} is in the column ${type}.`,
    column: (type: string) => `${type} has a column.`,
  },
  entryName: (from: string, begins: string, to: string, status: string) => `${from} ${begins} sets ${to} ${status}`,
  menu: (name: string) => `What to do with ${name}`,
  show: 'Show what it sets and what sets it',
  earlier: 'Move earlier',
  later: 'Move later',
  park: 'Park',
  use: 'Use',
  useIt: (name: string, type: string) => `Use ${name} in the column ${type}`,
  parked: (type: string, n: number) => `${plural(n, `${type} status`, `${type} statuses`)} parked`,
  parkedWhy: 'The site has them, and these rules do not speak of them.',
  parkedNone: (type: string) => `No ${type} status parked`,
  own: 'Another status …',
  addColumn: 'Add a column',
  add: 'Add',
  noColumns: 'There is no column yet',
  noColumnsWhy:
    'Add one for each type of thing whose statuses the rules should speak of. Version and Task are a good beginning.',
  emptyColumn: (type: string) => `${type} has no status in its column yet. Use some of those below.`,
  nothingBetween: (from: string, to: string) =>
    `Nothing connects a ${from} with a ${to}, so no link can be drawn here.`,
};
