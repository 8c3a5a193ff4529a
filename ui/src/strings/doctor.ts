import type { DoctorCode } from '../api/types/DoctorCode';
import type { DoctorLevel } from '../api/types/DoctorLevel';
import { number } from '../frame/format';

const codes: Record<DoctorCode, string> = {
  address: 'Address',
  certificate: 'Certificate',
  key: 'Key',
  reading: 'Reading',
  writing: 'Writing',
  log: 'Event log',
  webhooks: 'Webhooks',
  own_entries: 'Our own writes',
  version_task: 'Versions and Tasks',
  statuses: 'Statuses',
  fields: 'Fields',
  reach: 'Reach',
  arrival: 'Arrival',
  hook_state: 'State of the hook',
};

const levels: Record<DoctorLevel, string> = {
  good: 'good',
  advice: 'worth knowing',
  problem: 'problem',
  unknown: 'not known',
};

/** Words of an examination’s findings, wherever they are shown. */
export const doctor = {
  codes,
  levels,
  label: 'Findings',
  why: 'Why it matters',
  remedy: 'What to do',
  more: 'why',
  sum: (good: number, of: number, problems: number) =>
    problems === 0
      ? good === of
        ? `All ${number(of)} are well.`
        : `${number(good)} of ${number(of)} are well; nothing stands in the way.`
      : `${number(problems)} of ${number(of)} ${problems === 1 ? 'needs' : 'need'} something done.`,
} as const;
