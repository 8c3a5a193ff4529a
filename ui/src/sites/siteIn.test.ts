import { describe, expect, it } from 'vitest';
import {
  asSent,
  blankSite,
  changesOf,
  cleanUrl,
  isPlain,
  nameFor,
  nameTrouble,
  proxyTrouble,
  secondsTrouble,
  troublesOf,
  urlTrouble,
} from './siteIn';
import { recipeOf, WAYS } from './recipes';

describe('the address of a site', () => {
  it('is taken as people copy it from the browser', () => {
    expect(cleanUrl(' studio.shotgrid.autodesk.com/page/123?x=1 ')).toBe('https://studio.shotgrid.autodesk.com');
    expect(cleanUrl('http://127.0.0.1:7080')).toBe('http://127.0.0.1:7080');
    expect(cleanUrl('')).toBe('');
  });

  it('that is none is said to be none', () => {
    expect(urlTrouble('https://')).not.toBeNull();
    expect(urlTrouble('ftp://studio.example')).not.toBeNull();
    expect(urlTrouble('studio.example')).toBeNull();
    expect(urlTrouble('')).toBeNull();
  });

  it('is told apart where the key would travel unprotected', () => {
    expect(isPlain('http://studio.example')).toBe(true);
    expect(isPlain('studio.example')).toBe(false);
  });

  it('gives the site a name that is free', () => {
    expect(nameFor('https://harbour.shotgrid.autodesk.com', [])).toBe('harbour');
    expect(nameFor('harbour.example', ['harbour', 'harbour-2'])).toBe('harbour-3');
    expect(nameFor('http://127.0.0.1:7080', [])).toBe('site');
    expect(nameTrouble('my site', [])).not.toBeNull();
    expect(nameTrouble('studio', ['studio'])).not.toBeNull();
  });
});

describe('what is sent', () => {
  const site = { ...blankSite(), name: 's', url: 's.example' };

  it('leaves out what was left empty, so that the kept key stays', () => {
    expect(asSent({ ...site, script_key: '', proxy: '  ' })).not.toHaveProperty('script_key');
    expect(asSent({ ...site, script_key: '', proxy: '  ' })).not.toHaveProperty('proxy');
    expect(asSent({ ...site, script_key: ' k ' }).script_key).toBe('k');
    expect(asSent(site).url).toBe('https://s.example');
  });

  it('differs only where something was changed', () => {
    expect(changesOf(site, { ...site, proxy: '', script_key: '' })).toEqual([]);
    expect(changesOf(site, { ...site, write: 'act', script_key: 'k' }).toSorted()).toEqual(['script_key', 'write']);
    expect(changesOf({ ...site, proxy: 'http://p' }, site)).toEqual(['proxy']);
  });

  it('is not sent while something is wrong', () => {
    expect(troublesOf(site)).toEqual([]);
    expect(troublesOf({ ...site, poll_seconds: NaN })).toHaveLength(1);
    expect(secondsTrouble(0)).not.toBeNull();
    expect(secondsTrouble(1.5)).not.toBeNull();
    expect(proxyTrouble('proxy:3128')).not.toBeNull();
    expect(proxyTrouble('')).toBeNull();
    expect(troublesOf({ ...site, script_name: ' ', url: '' })).toHaveLength(2);
  });
});

describe('a recipe', () => {
  it('leads to the receiver, under the name that is wished for', () => {
    const wished = 'https://cb.studio.example';
    expect(recipeOf('proxy_caddy', 'http://127.0.0.1:9001', wished)).toBe(
      'cb.studio.example {\n    reverse_proxy 127.0.0.1:9001\n}\n',
    );
    expect(recipeOf('tailscale', 'http://127.0.0.1:9001', wished)).toContain('--bg 9001');
    expect(recipeOf('cloudflared', 'http://127.0.0.1:9001', 'nonsense')).toContain('callboard.studio.example');
    expect(recipeOf('none', 'http://127.0.0.1:9001', wished)).toBeNull();
  });

  it('never opens the address that windows use', () => {
    for (const way of WAYS) expect(recipeOf(way, 'http://127.0.0.1:8787', '') ?? '').not.toMatch(/8788|0\.0\.0\.0/);
  });
});
