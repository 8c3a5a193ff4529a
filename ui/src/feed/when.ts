import type { FeedRow } from '../api/types/FeedRow';
import type { When } from '../api/types/When';

/** What a rule would say to start when this happens once more; none where no rule can. */
export function whenOf({ entity, operation, is_status, field, new: to, event_type }: FeedRow): When | null {
  if (entity === null) return null;
  const begun: When = { entity: entity.type };
  switch (operation) {
    case 'update':
      if (!is_status) return field === null ? null : { ...begun, field };
      return typeof to === 'string' && to !== '' ? { ...begun, becomes: [to] } : begun;
    case 'create':
      return { ...begun, on: ['created'] };
    case 'note':
      return { ...begun, on: ['note_added'] };
    case 'delete':
      return { ...begun, on: ['deleted'] };
    case 'revive':
      return { ...begun, on: ['revived'] };
    case 'custom':
      return { ...begun, on: ['custom'], event_type: [event_type] };
    case 'test':
    case 'hook_status':
    case 'not_understood':
      return null;
  }
}
