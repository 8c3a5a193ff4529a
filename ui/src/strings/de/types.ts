import { own } from '../../status/own';

type Gender = 'f' | 'm' | 'n';

/** Types whose gender is known; of others only the name is said. */
const genders: Record<string, Gender> = {
  Version: 'f',
  Sequence: 'f',
  Episode: 'f',
  Playlist: 'f',
  Note: 'f',
  Scene: 'f',
  Delivery: 'f',
  Task: 'm',
  Shot: 'm',
  Level: 'm',
  Asset: 'n',
  AssetBuild: 'm',
  WorkUnit: 'f',
  Session: 'f',
  Job: 'm',
  User: 'm',
  Product: 'n',
  Sample: 'n',
  Project: 'n',
};

const plurals: Record<string, string> = { Version: 'Versionen', Episode: 'Episoden', Note: 'Notes' };

function saidOf(type: string, words: Record<Gender, string>): string {
  const gender = own(genders, type);
  return gender === undefined ? type : `${words[gender]} ${type}`;
}

/** `eine` before Version, `ein` before Task, nothing where the gender is not known. */
export function article(type: string): string {
  const gender = own(genders, type);
  return gender === undefined ? '' : gender === 'f' ? 'eine' : 'ein';
}

/** `eine Version`, `ein Task`. */
export const a = (type: string) => `${article(type)} ${type}`.trim();

/** `die Version`, `den Task`, as an object. */
export const theObject = (type: string) => saidOf(type, { f: 'die', m: 'den', n: 'das' });

/** `die zugehörige Version`, `den zugehörigen Task`, as an object. */
export const itsObject = (type: string) =>
  saidOf(type, { f: 'die zugehörige', m: 'den zugehörigen', n: 'das zugehörige' });

/** `der zugehörigen Version`, `des zugehörigen Tasks`. */
export function ofIts(type: string): string {
  const gender = own(genders, type);
  if (gender === undefined) return `von ${type}`;
  return gender === 'f' ? `der zugehörigen ${type}` : `des zugehörigen ${type}s`;
}

/** `Versionen`, `Tasks`. */
export const many = (type: string) => own(plurals, type) ?? `${type}s`;
