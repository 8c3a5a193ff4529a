export interface Piece {
  text: string;
  tone: 'key' | 'text' | 'value' | 'plain';
  mark?: 'old' | 'new';
}

/** Payloads may be a megabyte; a window that draws all of that at once stands still. */
export const SHOWN = 60_000;

/** JSON in lines for reading, as pieces of text with a tone each; null where it is not JSON. */
export function pretty(payload: string): Piece[][] | null {
  try {
    JSON.parse(payload);
  } catch {
    return null;
  }
  return indented(payload).slice(0, SHOWN).split('\n').map(toned);
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;
/** Control signs beyond ASCII, and what is not seen or turns the order of reading: in a text it would show another one. */
const UNSEEN = /[\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

/** JSON over lines, token by token: parsed first, of two equal keys one would be gone, and long numbers would be others. */
function indented(json: string): string {
  const out: string[] = [];
  let depth = 0;
  let length = 0;
  let before = '';
  const line = () => `\n${'  '.repeat(depth)}`;
  for (const [token] of json.matchAll(TOKEN)) {
    if (token === '}' || token === ']') depth -= 1;
    const closes = token === '}' || token === ']';
    const opened = before === '{' || before === '[';
    if (opened ? !closes : closes || before === ',') out.push(line());
    if (token === '{' || token === '[') depth += 1;
    out.push(token === ':' ? ': ' : token.startsWith('"') ? readable(token) : token);
    before = token;
    length += (out.at(-1)?.length ?? 0) + depth;
    if (length > SHOWN) break;
  }
  return out.join('');
}

/** A JSON string without the escapes that nobody needs, and with those that keep it honest. */
function readable(text: string): string {
  const plain = JSON.stringify(JSON.parse(text));
  return plain.replace(UNSEEN, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);
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
