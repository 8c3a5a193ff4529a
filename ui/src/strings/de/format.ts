import type { Translated } from '../../language';
import type { format as english } from '../format';

export const format: Translated<typeof english> = {
  today: 'Heute',
  yesterday: 'Gestern',
  day: 'Tag',
  days: 'Tage',
  hours: 'Std.',
  bytes: 'Bytes',
  or: 'oder',
  and: 'und',
  then: 'dann',
  caps: { Ctrl: 'Strg', Shift: '⇧', Enter: 'Enter', Esc: 'Esc', Del: 'Entf', Alt: 'Alt' },
};
