const clock = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const weekday = new Intl.DateTimeFormat('en-GB', { weekday: 'long', day: 'numeric', month: 'long' });
const dated = new Intl.DateTimeFormat('en-GB', { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
const short = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const whole = new Intl.NumberFormat('en-GB');

export function time(at: Date): string {
  return clock.format(at);
}

export function number(n: number): string {
  return whole.format(n);
}

/** The local day as `2026-11-20`. */
export function dayOf(at: Date): string {
  return `${at.getFullYear()}-${String(at.getMonth() + 1).padStart(2, '0')}-${String(at.getDate()).padStart(2, '0')}`;
}

export function dayName(at: Date, now: Date): string {
  const days = Math.round((midnight(now) - midnight(at)) / 86_400_000);
  if (days === 0) return 'Today';
  if (days === 1) return 'Yesterday';
  return (at.getFullYear() === now.getFullYear() ? weekday : dated).format(at);
}

function midnight(at: Date): number {
  return new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime();
}

/** A moment for a sentence: the time alone today, with the day before that. */
export function moment(at: Date, now: Date): string {
  return dayOf(at) === dayOf(now) ? time(at) : `${short.format(at)}, ${time(at).slice(0, 5)}`;
}

export function duration(ms: number): string {
  const n = Math.max(0, Math.round(ms));
  if (n < 1_000) return `${n} ms`;
  if (n < 9_950) return `${(n / 1_000).toFixed(1)} s`;
  if (n < 59_500) return `${Math.round(n / 1_000)} s`;
  const minutes = Math.round(n / 60_000);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  const days = Math.round(hours / 24);
  return days === 1 ? '1 day' : `${days} days`;
}

export function between(from: string, to: string): number {
  return new Date(to).getTime() - new Date(from).getTime();
}

export function bytes(n: number): string {
  if (n < 1_024) return `${n} bytes`;
  if (n < 1_024 * 1_024) return `${(n / 1_024).toFixed(1)} KB`;
  return `${(n / 1_024 / 1_024).toFixed(1)} MB`;
}

export function plural(n: number, one: string, many: string): string {
  return `${number(n)} ${n === 1 ? one : many}`;
}

/** A clause from the engine as a sentence of its own. */
export function asSentence(text: string): string {
  const clause = text.trim();
  const upper = clause.charAt(0).toUpperCase() + clause.slice(1);
  return /[.?!…]$/.test(upper) ? upper : `${upper}.`;
}
