import type { Preferences } from '../api/types/Preferences';

/** Preferences made up in the window. `quiet=on`: with quiet hours; `keep=on`: old events go. */
export function preferencesOf(address: URLSearchParams): Preferences {
  return {
    notify: {
      off: ['hook_recovered'],
      quiet: address.get('quiet') === 'on' ? { from: '19:00', until: '08:00', weekends: true } : null,
    },
    keep: address.get('keep') === 'on' ? { days: 365, megabytes: 2_000 } : { days: null, megabytes: null },
  };
}
