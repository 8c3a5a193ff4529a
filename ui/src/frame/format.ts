import { language, type Language, type Translated } from '../language';
import { format as german } from '../strings/de/format';
import { format as english } from '../strings/format';

const locales: Record<Language, string> = { en: 'en-GB', de: 'de-DE' };
const said: Record<Language, Translated<typeof english>> = { en: english, de: german };

/** What stands before the last of a list. */
export type Last = 'or' | 'and' | 'then';

/** Numbers, dates, times and sizes as a language writes them. */
export function formatsOf(code: Language) {
  const locale = locales[code];
  const words = said[code];
  const clock = new Intl.DateTimeFormat(locale, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  });
  const weekday = new Intl.DateTimeFormat(locale, { weekday: 'long', day: 'numeric', month: 'long' });
  const dated = new Intl.DateTimeFormat(locale, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
  const short = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short' });
  const dayInWeek = new Intl.DateTimeFormat(locale, { weekday: 'short', day: 'numeric', month: 'short' });
  const monthly = new Intl.DateTimeFormat(locale, { month: 'short', year: 'numeric' });
  const full = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium', hourCycle: 'h23' });
  const numeral = new Intl.NumberFormat(locale);
  const places = [1, 2].map(
    (n) => new Intl.NumberFormat(locale, { minimumFractionDigits: n, maximumFractionDigits: n, useGrouping: false }),
  );

  const time = (at: Date) => clock.format(at);
  const clockTime = (at: Date) => time(at).slice(0, 5);
  const number = (n: number) => numeral.format(n);
  const decimal = (n: number, digits: 1 | 2 = 1) => places[digits - 1]!.format(n);

  function dayName(at: Date, now: Date): string {
    const days = Math.round((midnight(now) - midnight(at)) / 86_400_000);
    if (days === 0) return words.today;
    if (days === 1) return words.yesterday;
    return (at.getFullYear() === now.getFullYear() ? weekday : dated).format(at);
  }

  function duration(ms: number): string {
    const n = Math.max(0, Math.round(ms));
    if (n < 1_000) return `${n} ms`;
    if (n < 9_950) return `${decimal(n / 1_000)} s`;
    if (n < 59_500) return `${Math.round(n / 1_000)} s`;
    const minutes = Math.round(n / 60_000);
    if (minutes < 60) return `${minutes} min`;
    const hours = Math.floor(minutes / 60);
    const whole = `${hours} ${words.hours}`;
    if (hours < 24) return minutes % 60 === 0 ? whole : `${whole} ${minutes % 60} min`;
    const days = Math.round(hours / 24);
    return days === 1 ? `1 ${words.day}` : `${days} ${words.days}`;
  }

  function bytes(n: number): string {
    if (n < 1_024) return `${n} ${words.bytes}`;
    if (n < 1_024 * 1_024) return `${decimal(n / 1_024)} KB`;
    return `${decimal(n / 1_024 / 1_024)} MB`;
  }

  return {
    time,
    /** Hours and minutes. */
    clockTime,
    /** `20 Nov`. */
    shortDay: (at: Date) => short.format(at),
    /** `Fri 20 Nov`. */
    shortWeekday: (at: Date) => dayInWeek.format(at),
    /** `Nov 2026`. */
    shortMonth: (at: Date) => monthly.format(at),
    number,
    decimal,
    dayName,
    duration,
    bytes,
    /** A moment for a sentence: the time alone today, with the day before that. */
    moment: (at: Date, now: Date) => (dayOf(at) === dayOf(now) ? time(at) : `${short.format(at)}, ${clockTime(at)}`),
    /** Day, year and time, for where there is room. */
    dayAndTime: (at: Date) => full.format(at),
    plural: (n: number, one: string, many: string) => `${number(n)} ${n === 1 ? one : many}`,
    /** `a, b or c`. */
    list: (said: readonly string[], last: Last = 'or') =>
      said.length < 2 ? (said[0] ?? '') : `${said.slice(0, -1).join(', ')} ${words[last]} ${said.at(-1)}`,
    lastWord: (last: Last) => words[last],
    /** Keys as `Ctrl Shift Z` names them, by what is written on them where this language is typed. */
    caps: (keys: string) =>
      keys
        .split(' ')
        .map((key) => words.caps[key] ?? key)
        .join(' '),
  };
}

export const {
  time,
  clockTime,
  shortDay,
  shortWeekday,
  shortMonth,
  number,
  decimal,
  dayName,
  duration,
  bytes,
  moment,
  dayAndTime,
  plural,
  list,
  lastWord,
  caps,
} = formatsOf(language());

/** The local day as `2026-11-20`. */
export function dayOf(at: Date): string {
  return `${at.getFullYear()}-${String(at.getMonth() + 1).padStart(2, '0')}-${String(at.getDate()).padStart(2, '0')}`;
}

function midnight(at: Date): number {
  return new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime();
}

export function between(from: string, to: string): number {
  return new Date(to).getTime() - new Date(from).getTime();
}

/** A clause from the engine as a sentence of its own. */
export function asSentence(text: string): string {
  const clause = text.trim();
  const upper = clause.charAt(0).toUpperCase() + clause.slice(1);
  return /[.?!…]$/.test(upper) ? upper : `${upper}.`;
}
