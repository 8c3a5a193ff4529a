import { expect, it } from 'vitest';
import { language, languageFrom } from './language';

it.each([
  [null, [], 'en'],
  [null, ['de-AT', 'en'], 'de'],
  [null, ['fr-FR', 'de', 'en-GB'], 'de'],
  [null, ['fr-FR'], 'en'],
  [null, ['C'], 'en'],
  [null, [''], 'en'],
  [null, ['de_DE.UTF-8'], 'de'],
  ['en', ['de-DE'], 'en'],
  ['de', ['en-GB'], 'de'],
  ['tlh', ['de-DE'], 'de'],
] as const)('kept %s, asked for %s: %s', (kept, wanted, code) => expect(languageFrom(kept, wanted)).toBe(code));

it('is English where there is no window', () => expect(language()).toBe('en'));
