import { describe, expect, it } from 'vitest';
import type { RuleSet } from '../../api/types/RuleSet';
import { siteCount, withSiteStatuses } from './siteStatuses';

const status = (code: string) => ({ code, name: code, group: '', color: '#123456' });
const view = (code: string) => ({ code, name: code, color: null });
const blank: RuleSet = {
  callboard: 1,
  name: 'Blank',
  statuses: { version: [status('rev')], task: [status('ip')] },
  rules: [],
};

describe('a set to begin with from nothing', () => {
  it('has empty columns where the site has told its statuses: they are parked', () => {
    const site = { Version: [view('na')], Task: [view('rdy'), view('ip')], Shot: [view('act')], Asset: [view('a')] };
    expect(withSiteStatuses(blank, site).statuses).toEqual({ version: [], task: [], shot: [] });
    expect(siteCount(site)).toBe(4);
  });

  it('keeps its own statuses where the site has told none', () => {
    expect(withSiteStatuses(blank, { Task: [view('rdy')] }).statuses).toEqual({
      version: [status('rev')],
      task: [],
      shot: [],
    });
  });
});
