import type { Translated } from '../../language';
import type { language as english } from '../language';

export const language: Translated<typeof english> = {
  label: 'Sprache',
  why: 'Das Fenster lädt neu. Was die Engine selbst sagt, auch in Benachrichtigungen, bleibt vorerst englisch.',
  speak: (name) => `Sprache: ${name}`,
  also: { en: 'englisch english language sprache', de: 'deutsch german language sprache' },
};
