/** Words of dates, times and sizes. */
export const format = {
  today: 'Today',
  yesterday: 'Yesterday',
  day: 'day',
  days: 'days',
  hours: 'h',
  bytes: 'bytes',
  or: 'or',
  and: 'and',
  then: 'then',
  /** Keys by what is written on them. */
  caps: { Ctrl: 'Ctrl', Shift: 'Shift', Enter: 'Enter', Esc: 'Esc', Del: 'Del', Alt: 'Alt' } as Record<string, string>,
} as const;
