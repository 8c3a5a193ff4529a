import { describe, expect, it } from 'vitest';
import { likelyTarget } from './edit';
import { childOf, parentOf } from './family';
import { siteCount } from './revise/siteStatuses';

const status = { code: 'Done', name: 'Done', color: null };

describe('what belongs to what', () => {
  it('is known of a photo studio as of a film', () => {
    expect(likelyTarget('Task', 'Product')).toEqual({ parent: 'Product' });
    expect(likelyTarget('WorkUnit', 'Job')).toEqual({ parent: 'Job' });
    expect(likelyTarget('Product', 'WorkUnit')).toEqual({ children: { type: 'WorkUnit' } });
    expect([parentOf('WorkUnit'), parentOf('Product'), parentOf('Shot')]).toEqual(['Product', 'Job', 'Sequence']);
    expect([childOf('Job'), childOf('Sequence'), childOf('Shot')]).toEqual(['Product', 'Shot', 'Task']);
  });

  it('begins an empty set with the columns that the site has', () => {
    expect(siteCount({ Task: [status], Product: [status], Job: [] })).toBe(2);
    expect(siteCount({ Task: [status], Version: [status], Asset: [status] })).toBe(2);
  });
});
