import type { EntityRef } from '../../api/types/EntityRef';
import type { FeedRow } from '../../api/types/FeedRow';

/** An entity that an event can be made up about. */
export interface Seen {
  site: string;
  entity: EntityRef;
  /** What it belongs to, where that was said. */
  parent: string | null;
}

export function keyOf({ site, entity }: Seen): string {
  return `${site} ${entity.type} ${entity.id}`;
}

/** All entities that rows speak of, each once, those of the newest first. */
export function seenIn(rows: readonly FeedRow[]): Seen[] {
  const seen = new Map<string, Seen>();
  const add = (one: Seen) => {
    const key = keyOf(one);
    const known = seen.get(key);
    if (!known) seen.set(key, one);
    else if (known.entity.name === null || known.parent === null)
      seen.set(key, {
        ...known,
        entity: known.entity.name === null ? one.entity : known.entity,
        parent: known.parent ?? one.parent,
      });
  };
  for (const { site, entity, parent, cascade } of rows) {
    if (entity) add({ site, entity, parent: parent?.name ?? null });
    if (parent) add({ site, entity: parent, parent: null });
    for (const change of cascade?.changes ?? []) {
      const isParent = parent !== null && change.entity.type === parent.type && change.entity.id === parent.id;
      add({ site, entity: change.entity, parent: isParent ? null : (parent?.name ?? null) });
    }
  }
  return [...seen.values()];
}

/** Those in whose type, name, parent or id every word occurs. */
export function seenAs(seen: readonly Seen[], text: string): Seen[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return seen.filter(({ entity, parent }) => {
    const said = [entity.type, entity.name, parent, entity.id].join(' ').toLowerCase();
    return words.every((word) => said.includes(word));
  });
}

/** `Task 5055` or `shot #b3f0…` as the entity that is meant, once for each site. */
export function typed(text: string, types: readonly string[], sites: readonly string[]): Seen[] {
  const match = /^\s*([a-z]\w*)\s+#?([\w-]+)\s*$/i.exec(text);
  if (!match) return [];
  const [, word = '', id = ''] = match;
  const type = types.find((one) => one.toLowerCase() === word.toLowerCase());
  const isId = /^\d+$/.test(id) || /^[\da-f]{8}-[\da-f-]{27}$/i.test(id);
  if (!type || !isId) return [];
  const entity: EntityRef = { type, id: /^\d+$/.test(id) ? Number(id) : id, name: null };
  return sites.map((site) => ({ site, entity, parent: null }));
}
