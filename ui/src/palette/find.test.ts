import { describe, expect, it } from 'vitest';
import { find } from './find';

const ALL = [
  { title: 'Task Approved', words: 'apv' },
  { title: 'Task Client Approved', words: 'capv' },
  { title: 'Version Approved', words: 'apv' },
  { title: 'Approve nothing' },
  { title: 'Élan of the crew' },
  { title: 'New rule: A status sets another' },
];
const titles = (text: string) => find(ALL, text).map((one) => one.title);

describe('finding a command', () => {
  it('leaves everything in its order while nothing is typed', () => {
    expect(find(ALL, '  ')).toEqual(ALL);
  });

  it('takes beginnings of words in any order, and all of them must fit', () => {
    expect(titles('appr tas')).toEqual(['Task Approved', 'Task Client Approved']);
    expect(titles('task nothing')).toEqual([]);
  });

  it('puts whole words before beginnings, and shorter names before longer ones', () => {
    expect(titles('approve')[0]).toBe('Approve nothing');
    expect(titles('task approved')).toEqual(['Task Approved', 'Task Client Approved']);
  });

  it('puts first what begins as the typing does', () => {
    const both = [{ title: 'Task Check New Version' }, { title: 'Version Check New Version' }];
    expect(find(both, 'version check')[0]).toBe(both[1]);
  });

  it('knows codes', () => {
    expect(titles('apv')).toEqual(['Task Approved', 'Version Approved', 'Task Client Approved']);
  });

  it('forgives letters left out, accents and signs', () => {
    expect(titles('aprvd')).toContain('Task Approved');
    expect(titles('elan')).toEqual(['Élan of the crew']);
    expect(titles('new rule: status')).toEqual(['New rule: A status sets another']);
  });
});
