import type { EntityRef } from '../api/types/EntityRef';
import { isUuid } from '../status/lookup';
import { S } from '../strings';

/** An id as it is told apart at a glance: the beginning of a long one is enough. */
export function shortId(id: EntityRef['id']): string {
  const text = String(id);
  return isUuid(text) ? `${text.slice(0, 8)}…` : text;
}

/** What people call an entity; its type and id where it has no name. */
export function entityName({ type, id, name }: EntityRef): string {
  return name ?? S.words.unnamed(type, shortId(id));
}
