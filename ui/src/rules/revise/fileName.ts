/** A file's name of words: what is no letter or digit is a hyphen. */
export function fileName(words: readonly string[], ending: string): string {
  const stem = words
    .join(' ')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 80)
    .replace(/-+$/, '');
  return `${stem || 'rules'}.${ending}`;
}
