import type { Column, Group, Link, Picture, Pill } from './picture';

export const PILL = { width: 208, height: 24, pitch: 27 };
const INSET = 8;
const TITLE = 26;
const BETWEEN = 9;
const HEAD = 52;
const GUTTER = 48;
const GAP = { least: 120, most: 300 };
const BOX = PILL.width + 2 * INSET;
const FOLDED = 30;
/** A column without statuses is still a place to put some. */
const LEAST = 240;

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
  /** Other places for it. */
  places?: { x: number; y: number; late?: boolean }[];
  /** How far it climbs or falls. */
  steep: number;
  /** Another link of the same rule to the same pill bears the marks. */
  spoken?: boolean;
}

export interface Layout {
  width: number;
  height: number;
  heads: Place<Column>[];
  groups: (Place<Group> & { folded: boolean })[];
  pills: Map<string, PillPlace>;
  curves: Curve[];
}

/** Where a pill is: in a folded group it has the place of the group's head, and is not drawn. */
export type PillPlace = Place<Pill> & { hidden: boolean };

/** Places for everything. `aspect`: width by height of the room, so that the columns stand as far apart as it allows. */
export function layoutOf(picture: Picture, aspect: number, isFolded: (group: Group) => boolean = () => false): Layout {
  const n = Math.max(1, picture.columns.length);
  const tallest = Math.max(LEAST, ...picture.columns.map((column) => heightOf(column.groups, isFolded)));
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
      const folded = isFolded(group);
      const size = groupHeight(group, folded);
      groups.push({ of: group, x, y, width: BOX, height: size, folded });
      group.pills.forEach((pill, j) => {
        pills.set(pill.id, {
          of: pill,
          x: x + INSET,
          y: folded ? y + (FOLDED - PILL.height) / 2 : y + TITLE + j * PILL.pitch,
          width: PILL.width,
          height: PILL.height,
          hidden: folded,
        });
      });
      y += size + BETWEEN;
    }
  });
  const width = 2 * GUTTER + n * BOX + (n - 1) * gap;
  return { width, height, heads, groups, pills, curves: curvesOf(picture, pills, gap) };
}

function groupHeight(group: Group, folded: boolean): number {
  if (folded) return FOLDED;
  return TITLE + group.pills.length * PILL.pitch + INSET - (PILL.pitch - PILL.height);
}

function heightOf(groups: readonly Group[], isFolded: (group: Group) => boolean): number {
  return groups.reduce((sum, group) => sum + groupHeight(group, isFolded(group)) + BETWEEN, 0);
}

/** The pill under a point of the picture. */
export function pillAt(layout: Layout, x: number, y: number): Pill | null {
  for (const place of layout.pills.values()) {
    if (
      !place.hidden &&
      x >= place.x &&
      x <= place.x + place.width &&
      y >= place.y - 1 &&
      y <= place.y + place.height + 1
    )
      return place.of;
  }
  return null;
}

/** Where a status would land that is let go: in which group, before which other; `parked`: out of its column. */
export interface Slot {
  group: string;
  before: string | undefined;
  parked: boolean;
  /** Where to show it. */
  x: number;
  y: number;
}

/** The slot of a column that is nearest to a point; none beside the column. */
export function slotAt(layout: Layout, pill: Pill, x: number, y: number): Slot | null {
  const head = layout.heads.find((one) => one.of.type === pill.type);
  if (!head || x < head.x - BOX / 3 || x > head.x + head.width + BOX / 3) return null;
  const bands = layout.groups.filter((one) => one.of.type === pill.type);
  const from = head.x + INSET;
  const own = bands.filter((one) => !one.of.parked);
  const band = bands.find((one) => y < one.y + one.height + BETWEEN / 2) ?? bands.at(-1);
  if (!band) return { group: '', before: undefined, parked: false, x: from, y: HEAD };
  if (band.of.parked) {
    if (own.length > 0 || y > band.y + TITLE)
      return { group: '', before: undefined, parked: true, x: from, y: band.y + TITLE };
    return { group: '', before: undefined, parked: false, x: from, y: band.y };
  }
  const { name } = band.of;
  if (band.folded) return { group: name, before: undefined, parked: false, x: from, y: band.y + band.height };
  const places = band.of.pills.filter((one) => one.id !== pill.id).flatMap((one) => layout.pills.get(one.id) ?? []);
  const next = places.find((place) => y < place.y + place.height / 2);
  const last = places.at(-1);
  const at = next ? next.y - 2 : last ? last.y + last.height + 1 : band.y + TITLE;
  return { group: name, before: next?.of.code, parked: false, x: from, y: at };
}

/** A line from a pill to a point, as it is drawn while a link is being made. */
export function looseLine(from: Box, x: number, y: number): string {
  const way = x >= from.x + from.width / 2 ? 1 : -1;
  const x1 = way === 1 ? from.x + from.width : from.x;
  const y1 = from.y + from.height / 2;
  const bend = Math.max(30, Math.abs(x - x1) / 2) * way;
  return `M ${x1} ${y1} C ${x1 + bend} ${y1} ${x - bend} ${y} ${x} ${y}`;
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
    if (from?.hidden && to.hidden && from.x === to.x && from.y === to.y) continue;
    if (!from) curves.push(entry(link, to, lanes, (entries.get(link.to.id) ?? 0) > 1));
    else if (link.shape === 'within') curves.push(bracket(link, from, to, lanes));
    else curves.push(crossing(link, from, to, gap));
  }
  placeMarks(curves);
  return curves;
}

/** As wide as the signs of a link's conditions. */
export function markWidth(link: Link): number {
  return link.marks.length === 0 ? 8 : 6 + Math.min(link.marks.length, MOST_MARKS) * 12;
}

export const MOST_MARKS = 4;
const MARK = 16;

/**
 * Links of one rule that end at one pill say their condition once, near where they end. Along a link there is room for
 * marks in several places: they take the first where no others are.
 */
function placeMarks(curves: readonly Curve[]): void {
  const taken: Box[] = [];
  const isFree = (box: Box) =>
    !taken.some(
      (other) =>
        box.x < other.x + other.width &&
        other.x < box.x + box.width &&
        box.y < other.y + other.height &&
        other.y < box.y + box.height,
    );
  const bundles = new Map<string, Curve[]>();
  for (const curve of curves) {
    const { link } = curve;
    if (link.condition === '' && link.begins === '') continue;
    const key = [link.to.id, link.shape, link.condition, ...link.rules.map((rule) => rule.id)].join(' ');
    bundles.set(key, [...(bundles.get(key) ?? []), curve]);
  }
  for (const bundle of bundles.values()) {
    // The one that runs straightest speaks for the others.
    const [curve, ...others] = bundle.toSorted((a, b) => a.steep - b.steep);
    if (!curve) continue;
    for (const other of others) other.spoken = true;
    const width = markWidth(curve.link);
    const places = curve.places ?? [];
    const near = others.length > 0 && curve.link.from ? places.filter(({ late }) => late) : [];
    const boxes = [...near, curve.middle, ...places].map((at) => ({
      at,
      box: { x: at.x - width / 2, y: at.y - MARK / 2, width, height: MARK },
    }));
    const free = boxes.find(({ box }) => isFree(box)) ?? boxes[0]!;
    curve.middle = free.at;
    taken.push(free.box);
  }
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
  const reach = Math.abs(x2 - x1) > gap + BOX ? gap : Math.abs(x2 - x1);
  const places = [0.78, 0.68, 0.62, 0.38, 0.28, 0.2].map((part) => {
    const x = x1 + way * reach * part;
    return { x, y: heightAt(x, out, into, y1, y2), late: part > 0.6 };
  });
  return { link, path, tip: { x: x2, y: y2, way }, middle, places, steep: Math.abs(y2 - y1) };
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
  const places = [0.35, 0.65, 0.2, 0.8].map((part) => ({ x: side, y: y1 + (y2 - y1) * part }));
  return {
    link,
    path,
    tip: { x, y: y2, way: -1 },
    middle: { x: side, y: (y1 + y2) / 2 },
    places,
    steep: Math.abs(y2 - y1),
  };
}

/** Marks beside a pill stand in rows of two, one above the other, so that none lies on the next. */
function entry(link: Link, to: Box, lanes: Map<string, number>, many: boolean): Curve {
  const key = `entry ${link.to.id}`;
  const lane = lanes.get(key) ?? 0;
  lanes.set(key, lane + 1);
  const y = to.y + to.height / 2 + (many ? (lane % 2 === 0 ? -6.5 : 6.5) : 0);
  const x = to.x - REACH - 26 + Math.floor(lane / 2) * -15;
  return { link, path: `M ${x} ${y} H ${to.x}`, tip: { x: to.x, y, way: 1 }, middle: { x, y }, steep: 0 };
}

/** The pill that an arrow key leads to. */
export function beside(layout: Layout, columns: Picture['columns'], from: string, key: string): string | null {
  const isDrawn = (pill: Pill) => layout.pills.get(pill.id)?.hidden === false;
  const rows = columns.map((column) =>
    column.groups.flatMap((group) => group.pills.filter(isDrawn).map((pill) => pill.id)),
  );
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
