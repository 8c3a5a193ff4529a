import { decimal, duration } from '../frame/format';

/** A time of an answer: tenths of a millisecond count below ten. */
export function shortTime(ms: number): string {
  return ms < 9.95 ? `${decimal(ms)} ms` : duration(ms);
}
