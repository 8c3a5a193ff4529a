import type { Group, Link, Picture, Pill } from './picture';

export const PILL = { width: 208, height: 24, pitch: 27 };
const INSET = 8;
const TITLE = 26;
const BETWEEN = 9;
const HEAD = 52;
const GUTTER = 48;
const GAP = { least: 100, most: 300 };
const BOX = PILL.width + 2 * INSET;

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Place<T> extends Box {
  of: T;
}

export interface Curve {
  link: Link;
  path: string;
  /** Where the arrow's point is, and the way it points. */
  tip: { x: number; y: number; way: 1 | -1 };
  /** Where a mark or a label has room. */
  middle: { x: number; y: number };
}

export interface Layout {
  width: number;
  height: number;
  heads: Place<{ type: string; title: string }>[];
  groups: Place<Group>[];
  pills: Map<string, Place<Pill>>;
  curves: Curve[];
}

/** Places for everything. `aspect`: width by height of the room, so that the columns stand as far apart as it allows. */
export function layoutOf(picture: Picture, aspect: number): Layout {
  const n = Math.max(1, picture.columns.length);
  const tallest = Math.max(0, ...picture.columns.map((column) => heightOf(column.groups)));
  const height = HEAD + tallest;
  const spare = n > 1 ? (height * aspect - 2 * GUTTER - n * BOX) / (n - 1) : 0;
  const gap = Math.round(Math.max(GAP.least, Math.min(GAP.most, spare)));

  const heads: Layout['heads'] = [];
  const groups: Layout['groups'] = [];
  const pills: Layout['pills'] = new Map();
  picture.columns.forEach((column, i) => {
    const x = GUTTER + i * (BOX + gap);
    heads.push({ of: column, x, y: 0, width: BOX, height: HEAD - 8 });
    let y = HEAD;
    for (const group of column.groups) {
      const size = groupHeight(group);
      groups.push({ of: group, x, y, width: BOX, height: size });
      group.pills.forEach((pill, j) => {
        pills.set(pill.id, {
          of: pill,
          x: x + INSET,
          y: y + TITLE + j * PILL.pitch,
          width: PILL.width,
          height: PILL.height,
        });
      });
      y += size + BETWEEN;
    }
  });
  const width = 2 * GUTTER + n * BOX + (n - 1) * gap;
  return { width, height, heads, groups, pills, curves: curvesOf(picture, pills, gap) };
}

function groupHeight(group: Group): number {
  return TITLE + group.pills.length * PILL.pitch + INSET - (PILL.pitch - PILL.height);
}

function heightOf(groups: readonly Group[]): number {
  return groups.reduce((sum, group) => sum + groupHeight(group) + BETWEEN, 0);
}

function curvesOf(picture: Picture, pills: Layout['pills'], gap: number): Curve[] {
  // Brackets of one column must not lie on each other: each next one reaches further out.
  const lanes = new Map<string, number>();
  const entries = new Map<string, number>();
  for (const link of picture.links) if (!link.from) entries.set(link.to.id, (entries.get(link.to.id) ?? 0) + 1);
  const curves: Curve[] = [];
  for (const link of picture.links) {
    const to = pills.get(link.to.id);
    const from = link.from ? pills.get(link.from.id) : undefined;
    if (!to) continue;
    if (!from) curves.push(entry(link, to, lanes, (entries.get(link.to.id) ?? 0) > 1));
    else if (link.shape === 'within') curves.push(bracket(link, from, to, lanes));
    else curves.push(crossing(link, from, to, gap));
  }
  return curves;
}

const REACH = INSET + 1;

function crossing(link: Link, from: Box, to: Box, gap: number): Curve {
  const way = link.shape === 'back' ? -1 : 1;
  // Links back leave and arrive a little lower, so that they are never under a link forth.
  const drop = way === 1 ? 0 : 5;
  const x1 = way === 1 ? from.x + from.width : from.x;
  const x2 = way === 1 ? to.x : to.x + to.width;
  const y1 = from.y + from.height / 2 + drop;
  const y2 = to.y + to.height / 2 + drop;
  const out = x1 + way * REACH;
  const into = x2 - way * REACH;
  const bend = (into - out) / 2;
  const path = `M ${x1} ${y1} H ${out} C ${out + bend} ${y1} ${into - bend} ${y2} ${into} ${y2} H ${x2}`;
  // Where a link passes over a column, its marks stand in the gap before that column.
  const first = x1 + (way * gap) / 2;
  const middle =
    Math.abs(x2 - x1) > gap + BOX
      ? { x: first, y: heightAt(first, out, into, y1, y2) }
      : { x: (out + into) / 2, y: (y1 + y2) / 2 };
  return { link, path, tip: { x: x2, y: y2, way }, middle };
}

/** How high a crossing runs at `x`. */
function heightAt(x: number, out: number, into: number, y1: number, y2: number): number {
  const along = (x - out) / (into - out);
  let [low, high] = [0, 1];
  for (let i = 0; i < 20; i += 1) {
    const t = (low + high) / 2;
    const there = 1.5 * (1 - t) ** 2 * t + 1.5 * (1 - t) * t ** 2 + t ** 3;
    if (there < along) low = t;
    else high = t;
  }
  return y1 + (y2 - y1) * (3 * (1 - low) * low ** 2 + low ** 3);
}

function bracket(link: Link, from: Box, to: Box, lanes: Map<string, number>): Curve {
  const lane = lanes.get(link.to.type) ?? 0;
  lanes.set(link.to.type, lane + 1);
  const x = from.x + from.width;
  const side = x + REACH + 16 + (lane % 6) * 9;
  const y1 = from.y + from.height / 2 - 4;
  const y2 = to.y + to.height / 2 + 4;
  const turn = Math.min(10, Math.abs(y2 - y1) / 2) * Math.sign(y2 - y1 || 1);
  const round = Math.abs(turn);
  const path = `M ${x} ${y1} H ${side - round} Q ${side} ${y1} ${side} ${y1 + turn} V ${y2 - turn} Q ${side} ${y2} ${side - round} ${y2} H ${x}`;
  return { link, path, tip: { x, y: y2, way: -1 }, middle: { x: side, y: (y1 + y2) / 2 } };
}

/** Marks beside a pill stand in rows of two, one above the other, so that none lies on the next. */
function entry(link: Link, to: Box, lanes: Map<string, number>, many: boolean): Curve {
  const key = `entry ${link.to.id}`;
  const lane = lanes.get(key) ?? 0;
  lanes.set(key, lane + 1);
  const y = to.y + to.height / 2 + (many ? (lane % 2 === 0 ? -6.5 : 6.5) : 0);
  const x = to.x - REACH - 26 + Math.floor(lane / 2) * -15;
  return { link, path: `M ${x} ${y} H ${to.x}`, tip: { x: to.x, y, way: 1 }, middle: { x, y } };
}

/** The pill that an arrow key leads to. */
export function beside(layout: Layout, columns: Picture['columns'], from: string, key: string): string | null {
  const rows = columns.map((column) => column.groups.flatMap((group) => group.pills.map((pill) => pill.id)));
  const c = rows.findIndex((ids) => ids.includes(from));
  const here = rows[c];
  if (!here) return null;
  const r = here.indexOf(from);
  if (key === 'ArrowUp') return here[r - 1] ?? null;
  if (key === 'ArrowDown') return here[r + 1] ?? null;
  const next = rows[c + (key === 'ArrowRight' ? 1 : -1)];
  if (!next) return null;
  const linked = layout.curves
    .filter(({ link }) => link.from && (link.from.id === from || link.to.id === from))
    .map(({ link }) => (link.from?.id === from ? link.to.id : link.from!.id))
    .find((id) => next.includes(id));
  if (linked) return linked;
  const y = layout.pills.get(from)?.y ?? 0;
  const away = (id: string) => Math.abs((layout.pills.get(id)?.y ?? 0) - y);
  return next.reduce<string | null>((best, id) => (best === null || away(id) < away(best) ? id : best), null);
}
