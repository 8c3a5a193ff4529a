import { expect, it, vi } from 'vitest';
import type { Ask } from '../api/types/Ask';
import type { SiteIn } from '../api/types/SiteIn';
import { Session } from '../frame/session.svelte';
import { blankSite } from './siteIn';
import { Sites } from './sites.svelte';

vi.stubGlobal('location', { hash: '', pathname: '/', search: '' });

/** Sites of an engine that saves when it is told to. */
async function stage() {
  let kept: SiteIn = { ...blankSite(), name: 'harbour', url: 'https://harbour.example' };
  let save = () => {};
  const ask = (one: Ask) => {
    if (one.ask === 'sites') return Promise.resolve([kept]);
    if (one.ask !== 'put_site') return new Promise(() => {});
    const { site } = one;
    return new Promise((done) => (save = () => done(((kept = site), null))));
  };
  const sites = new Sites(new Session({ ask: ask as never, listen: () => () => {} }));
  await sites.load();
  return { sites, save: () => save() };
}

it('what is saved stays in sight meanwhile, and counts as kept afterwards', async () => {
  const { sites, save } = await stage();
  sites.write({ poll_seconds: 9 });
  const saving = sites.save();
  expect(sites.edited?.poll_seconds).toBe(9);
  save();
  await saving;
  expect([sites.edited?.poll_seconds, sites.changes.length, sites.busy]).toEqual([9, 0, null]);
});

it('what is written while it is saved stays to be saved', async () => {
  const { sites, save } = await stage();
  sites.write({ poll_seconds: 9 });
  const saving = sites.save();
  sites.write({ proxy: 'http://proxy.example:3128' });
  save();
  await saving;
  expect(sites.edited?.proxy).toBe('http://proxy.example:3128');
  expect(sites.changes).toEqual(['proxy']);
});
