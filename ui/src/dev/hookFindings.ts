import type { Answers } from '../api';
import type { HookTest } from '../api/types/HookTest';
import type { Subscription } from '../api/types/Subscription';

/** What a check says of the fields of a subscription. */
export function findingsOf(subscription: Subscription): Answers['check_subscription'] {
  const fields = 'custom' in subscription ? [] : Object.entries(subscription.entities);
  const wrong = fields.flatMap(([type, life]) =>
    (life.update ?? []).filter((field) => !/^[a-z][a-z0-9_]*$/.test(field)).map((field) => `${field} of ${type}`),
  );
  return [
    wrong.length === 0
      ? {
          code: 'fields',
          level: 'good',
          title: 'All its fields are fields of the site.',
          why: 'The site takes any name, and a misspelt one never fires.',
          remedy: null,
        }
      : {
          code: 'fields',
          level: 'problem',
          title: `The site has no field ${wrong.join(', ')}.`,
          why: 'The site takes any name, and a misspelt one never fires.',
          remedy: 'Correct the name: the site’s own name for a field stands in its settings, as sg_status_list.',
        },
  ];
}

/** What a test of a hook showed. */
export function testOf(lost: boolean): HookTest {
  const good = (code: HookTest['steps'][number]['code'], title: string, why: string): HookTest['steps'][number] => ({
    code,
    level: 'good',
    title,
    why,
    remedy: null,
  });
  return {
    arrived: !lost,
    took_ms: lost ? null : 412,
    steps: [
      good('hook_state', 'The site has the hook, and it is active.', 'A hook that is off delivers nothing.'),
      good(
        'webhooks',
        'The site took the request for a test.',
        'It answers yes to any request, so this alone proves little.',
      ),
      good('reach', 'The public address leads here.', 'What the site sends goes to this address.'),
      lost
        ? {
            code: 'arrival',
            level: 'problem',
            title:
              'The proxy or tunnel at callboard.studio.example is there and does not reach Callboard (it answered 502)',
            why: 'The site’s own record of the test says so: it was answered with 502 after 0.1 s',
            remedy: 'Have it lead to the address of Callboard’s receiver on this machine, and nowhere else',
          }
        : good(
            'arrival',
            'The test arrived, signed with the hook’s secret.',
            'Only a test that arrives proves the whole way.',
          ),
    ],
  };
}
