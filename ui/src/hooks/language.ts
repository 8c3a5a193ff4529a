/**
 * WebKit passes on the language of a desktop that has none (LANG=C) as it is, and what is no language tag makes every
 * number format throw; uPlot makes one as it is loaded. Imported before it.
 */
try {
  new Intl.NumberFormat(navigator.language);
} catch {
  Object.defineProperty(navigator, 'language', { value: 'en', configurable: true });
}
