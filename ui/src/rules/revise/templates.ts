import type { Backend } from '../../api';
import type { RuleSet } from '../../api/types/RuleSet';
import type { RulesView } from '../../api/types/RulesView';
import { S } from '../../strings';
import type { Site } from '../picture';
import { siteCount, withSiteStatuses } from './siteStatuses';

export const TEMPLATES = ['status-overhaul', 'roll-up', 'next-task', 'kitsu-like', 'ayon-like', 'blank'] as const;

export interface Template {
  id: (typeof TEMPLATES)[number];
  name: string;
  why: string;
  counts: string;
  document: RuleSet;
  /** Of its own statuses, how many things the site's make wrong. */
  errors: number;
}

/** All that come with the program, fitted to the site. */
export async function readTemplates(backend: Backend, site: Site): Promise<Template[]> {
  const views = await Promise.all(TEMPLATES.map((template) => backend.ask({ ask: 'rule_set', which: { template } })));
  return views.map((view, i) => templateOf(TEMPLATES[i]!, view, site));
}

export function templateOf(id: Template['id'], { document, findings }: RulesView, site: Site): Template {
  const w = S.revise.begin;
  if (id === 'blank') {
    const own = siteCount(site);
    const set = { ...withSiteStatuses(document, site), name: w.blank };
    // It speaks of statuses that may not be there any more.
    delete set.description;
    return {
      id,
      name: w.blankName,
      why: own > 0 ? w.blankWhy : w.blankStock,
      counts: own > 0 ? w.blankCounts(own) : w.counts(0, statusCount(set)),
      document: set,
      errors: 0,
    };
  }
  return {
    id,
    name: document.name,
    why: document.description ?? '',
    counts: w.counts(document.rules.length, statusCount(document)),
    document,
    errors: findings.filter((finding) => finding.level === 'error').length,
  };
}

function statusCount(set: RuleSet): number {
  return Object.values(set.statuses).reduce((n, column) => n + column.length, 0);
}
