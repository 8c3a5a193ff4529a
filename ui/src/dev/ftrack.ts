import type { Answers } from '../api';
import type { HookTest } from '../api/types/HookTest';
import type { Subscription } from '../api/types/Subscription';

/** How strong a secret in a header is. */
export const STRENGTH =
  'ftrack signs nothing: a secret in a header says that a delivery is the site’s, not that its text is unchanged. Keep the address https, and the address and the secret to yourself';

export const FTRACK_STATUS: Subscription = {
  entities: {
    Version: { create: true, update: ['status_id'], delete: false, revive: false },
    Task: { create: false, update: ['status_id'], delete: false, revive: false },
  },
};

/** What a check says of the filter that is composed. */
export function filterOf(): Answers['check_subscription'][number] {
  return {
    code: 'fields',
    level: 'good',
    title:
      'Of the last 240 recorded events the filter lets 168 through, all 131 among them that the live rules go by: (entity.entity_type == "AssetVersion" and (entity.operation == "create" or "status_id" in entity.changes)) or (entity.entity_type == "Task" and "status_id" in entity.changes)',
    why: 'The site holds every event against the webhook’s filter and delivers those alone that satisfy it',
    remedy: null,
  };
}

/** What is seen of a webhook of a site that sends no tests. */
export function lookedAt(arrived: boolean): HookTest {
  const why = 'ftrack has no test deliveries: only a delivery that arrives proves that the way is open';
  return {
    arrived,
    took_ms: null,
    steps: [
      {
        code: 'webhooks',
        level: 'good',
        title: 'ftrack has the automation, and it is on',
        why: 'One that is off delivers nothing',
        remedy: null,
      },
      {
        code: 'arrival',
        level: 'good',
        title: 'Deliveries show a secret in a header on both sides',
        why: STRENGTH,
        remedy: null,
      },
      arrived
        ? { code: 'arrival', level: 'good', title: 'The last delivery arrived at 14:08', why, remedy: null }
        : {
            code: 'arrival',
            level: 'unknown',
            title: 'No delivery has arrived yet',
            why,
            remedy: 'Change a status on the site that the rules go by, and see it arrive in the feed',
          },
    ],
  };
}
