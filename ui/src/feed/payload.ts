export interface Piece {
  text: string;
  tone: 'key' | 'text' | 'value' | 'plain';
  mark?: 'old' | 'new';
}

/** Payloads may be a megabyte; a window that draws all of that at once stands still. */
export const SHOWN = 60_000;

/** JSON in lines for reading, as pieces of text with a tone each; null where it is not JSON. */
export function pretty(payload: string): Piece[][] | null {
  let text: string;
  try {
    text = JSON.stringify(JSON.parse(payload), null, 2);
  } catch {
    return null;
  }
  return text.slice(0, SHOWN).split('\n').map(toned);
}

const LINE = /^(\s*)(?:("(?:[^"\\]|\\.)*")(: ))?(.*)$/;
const CHANGED: Record<string, 'old' | 'new'> = {
  '"old_value"': 'old',
  '"new_value"': 'new',
  '"old"': 'old',
  '"new"': 'new',
};

function toned(line: string): Piece[] {
  const [, indent = '', key, colon = '', rest = ''] = LINE.exec(line) ?? [];
  const tone = rest.startsWith('"') ? 'text' : /^[-\dtfn]/.test(rest) ? 'value' : 'plain';
  const comma: Piece[] = rest.endsWith(',') ? [{ text: ',', tone: 'plain' }] : [];
  const value: Piece = { text: comma.length > 0 ? rest.slice(0, -1) : rest, tone };
  if (key === undefined) return [{ text: indent, tone: 'plain' }, value, ...comma];
  const mark = CHANGED[key];
  return [
    { text: indent, tone: 'plain' },
    { text: key, tone: 'key' },
    { text: colon, tone: 'plain' },
    mark && tone !== 'plain' ? { ...value, mark } : value,
    ...comma,
  ];
}
