import type { Translated } from '../../language';
import { number } from '../../frame/format';
import type { doctor as english } from '../doctor';

export const doctor: Translated<typeof english> = {
  codes: {
    address: 'Adresse',
    certificate: 'Zertifikat',
    key: 'Schlüssel',
    reading: 'Lesen',
    writing: 'Schreiben',
    log: 'Ereignislog',
    webhooks: 'Webhooks',
    own_entries: 'Eigene Einträge',
    version_task: 'Versionen und Tasks',
    statuses: 'Status',
    fields: 'Felder',
    reach: 'Erreichbarkeit',
    arrival: 'Ankunft',
    hook_state: 'Zustand des Hooks',
  },
  levels: { good: 'gut', advice: 'gut zu wissen', problem: 'Problem', unknown: 'nicht bekannt' },
  label: 'Befunde',
  why: 'Warum es wichtig ist',
  remedy: 'Was zu tun ist',
  more: 'warum',
  sum: (good, of, problems) =>
    problems === 0
      ? good === of
        ? `Alle ${number(of)} sind in Ordnung.`
        : `${number(good)} von ${number(of)} sind in Ordnung; nichts steht im Weg.`
      : `Bei ${number(problems)} von ${number(of)} ist etwas zu tun.`,
};
