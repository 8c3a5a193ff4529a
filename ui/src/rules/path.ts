import type { Link, Picture } from './picture';

/** What somebody points at. */
export type Touch = { kind: 'pill' | 'link' | 'rule'; id: string };

export interface Lit {
  pills: ReadonlySet<string>;
  links: ReadonlySet<string>;
}

interface Ways {
  out: Map<string, Link[]>;
  into: Map<string, Link[]>;
}

function ways(picture: Picture): Ways {
  const out = new Map<string, Link[]>();
  const into = new Map<string, Link[]>();
  const add = (map: Map<string, Link[]>, key: string, link: Link) => {
    const links = map.get(key);
    if (links) links.push(link);
    else map.set(key, [link]);
  };
  for (const link of picture.links) {
    if (link.from) add(out, link.from.id, link);
    add(into, link.to.id, link);
  }
  return { out, into };
}

/** The whole path of what is touched: everything that leads to it and everything that follows from it. */
export function litBy(picture: Picture, touch: Touch | null): Lit | null {
  if (!touch) return null;
  const { out, into } = ways(picture);
  const pills = new Set<string>();
  const links = new Set<string>();

  // What is switched off is shown where it is touched, and nothing follows from it.
  const walk = (start: string, map: Map<string, Link[]>, next: (link: Link) => string | undefined, first: boolean) => {
    const seen = new Set([start]);
    let edge = [start];
    let touched = first;
    while (edge.length > 0) {
      const further: string[] = [];
      for (const pill of edge) {
        for (const link of map.get(pill) ?? []) {
          if (!link.enabled && !touched) continue;
          links.add(link.id);
          const to = next(link);
          if (to === undefined) continue;
          pills.add(to);
          if (link.enabled && !seen.has(to)) {
            seen.add(to);
            further.push(to);
          }
        }
      }
      touched = false;
      edge = further;
    }
  };
  const forward = (from: string, first: boolean) => walk(from, out, (link) => link.to.id, first);
  const backward = (to: string, first: boolean) => walk(to, into, (link) => link.from?.id, first);

  if (touch.kind === 'rule') {
    // All that one rule draws, without what comes before or after.
    const drawn = linksOf(picture, touch.id);
    if (drawn.length === 0) return null;
    for (const link of drawn) {
      links.add(link.id);
      pills.add(link.to.id);
      if (link.from) pills.add(link.from.id);
    }
  } else if (touch.kind === 'pill') {
    pills.add(touch.id);
    forward(touch.id, true);
    backward(touch.id, true);
  } else {
    const link = picture.links.find((l) => l.id === touch.id);
    if (!link) return null;
    links.add(link.id);
    pills.add(link.to.id);
    forward(link.to.id, false);
    if (link.from) {
      pills.add(link.from.id);
      backward(link.from.id, false);
    }
  }
  return { pills, links };
}

export interface Further {
  link: Link;
  depth: number;
}

/** What follows after a link, in the order it would happen, each link once. */
export function furtherOn(picture: Picture, link: Link): Further[] {
  const { out } = ways(picture);
  const told: Further[] = [];
  const seen = new Set([link.id]);
  const tell = (pill: string, depth: number) => {
    for (const next of out.get(pill) ?? []) {
      if (!next.enabled || seen.has(next.id)) continue;
      seen.add(next.id);
      told.push({ link: next, depth });
      tell(next.to.id, depth + 1);
    }
  };
  tell(link.to.id, 0);
  return told;
}

export function linksFrom(picture: Picture, pill: string): Link[] {
  return picture.links.filter((link) => link.from?.id === pill);
}

export function linksTo(picture: Picture, pill: string): Link[] {
  return picture.links.filter((link) => link.to.id === pill);
}

export function linksOf(picture: Picture, rule: string): Link[] {
  return picture.links.filter((link) => link.rules.some((one) => one.id === rule));
}
