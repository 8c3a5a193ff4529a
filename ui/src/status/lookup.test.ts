import { describe, expect, it } from 'vitest';
import { entityName, shortId } from '../frame/entity';
import { S } from '../strings';
import { isShortCode, nameAndCode, saidCode, statusOf } from './lookup';

const ID = '0b0b8e1c-8d2e-11f0-9d6a-0242ac110002';
const statuses = {
  Task: [
    { code: 'fin', name: 'Final', color: null },
    { code: ID, name: 'Approved', color: '#2ecc71' },
  ],
};

describe('a status', () => {
  it('is shown by its name, and by its code where nothing else is known', () => {
    expect(statusOf(statuses, 'Task', 'fin').name).toBe('Final');
    expect(statusOf(statuses, 'Shot', 'fin').name).toBe('fin');
    expect(statusOf(undefined, undefined, 'In Progress').name).toBe('In Progress');
  });

  it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])('of a type called %s is its code', (type) => {
    expect(statusOf(statuses, type, 'fin')).toEqual({ code: 'fin', name: 'fin', color: null });
    expect(statusOf(statuses, 'Task', type).name).toBe(type);
  });

  it('of ftrack has one name for all types, and is never shown by its id', () => {
    expect(statusOf(statuses, 'Version', ID).name).toBe('Approved');
    expect(statusOf(statuses, undefined, ID).color).toBe('#2ecc71');
    expect(statusOf({}, 'Task', ID)).toEqual({ code: ID, name: S.words.statusUnknown, color: null });
  });

  it('has a code beside its name where people say one', () => {
    expect(saidCode({ name: 'Final', code: 'fin' })).toBe('fin');
    expect(saidCode({ name: 'Approved', code: ID })).toBeNull();
    expect(saidCode({ name: 'Done', code: 'Done' })).toBeNull();
    expect(nameAndCode({ name: 'Approved', code: ID })).toBe(`Approved (${ID})`);
    expect(nameAndCode({ name: 'Done', code: 'Done' })).toBe('Done');
  });

  it('that has nothing but a name does not look like a code', () => {
    expect(['fin', 'rev_2'].every(isShortCode)).toBe(true);
    expect(['Done', 'Ready For Post', 'in progress'].some(isShortCode)).toBe(false);
  });
});

describe('an entity', () => {
  it('without a name is told apart by the beginning of a long id', () => {
    expect(shortId(4711)).toBe('4711');
    expect(shortId('job-7')).toBe('job-7');
    expect(entityName({ type: 'Task', id: ID, name: null })).toBe(S.words.unnamed('Task', '0b0b8e1c…'));
    expect(entityName({ type: 'Task', id: ID, name: 'Capture' })).toBe('Capture');
  });
});
