import type { HookDay } from '../api/types/HookDay';
import { decimal } from '../frame/format';

const DAY = 86_400_000;

/** One day of the strip; none where nothing is known of it. */
export interface DayCell {
  /** As `2026-11-28`, UTC. */
  day: string;
  known: HookDay | null;
}

export function utcDay(at: Date): string {
  return at.toISOString().slice(0, 10);
}

/** The past days with today last, also those of which nothing is known. */
export function cellsOf(days: readonly HookDay[], now: Date, count = 30): DayCell[] {
  const known = new Map(days.map((day) => [day.day, day]));
  return Array.from({ length: count }, (_, i) => {
    const day = utcDay(new Date(now.getTime() - (count - 1 - i) * DAY));
    return { day, known: known.get(day) ?? null };
  });
}

export interface Uptime {
  /** From 0 to 1. */
  share: number;
  knownSeconds: number;
}

/** How much of the known time of the past days the hook was active; none where nothing is known. */
export function uptimeOf(cells: readonly DayCell[], days: number): Uptime | null {
  let active = 0;
  let known = 0;
  for (const cell of cells.slice(-days)) {
    active += cell.known?.active_seconds ?? 0;
    known += cell.known?.known_seconds ?? 0;
  }
  return known === 0 ? null : { share: active / known, knownSeconds: known };
}

/** A share as `99.98 %`. Rounded down, so that only what was never interrupted says 100 %. */
export function percent(share: number): string {
  const hundredths = Math.floor(share * 10_000 + 1e-6);
  if (hundredths === 10_000) return '100 %';
  if (hundredths >= 9_900) return `${decimal(hundredths / 100, 2)} %`;
  return `${decimal(Math.floor(hundredths / 10) / 10)} %`;
}
