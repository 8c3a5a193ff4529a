import { describe, expect, it } from 'vitest';
import { S } from '../strings';
import {
  freshHeard,
  freshSecret,
  heardIn,
  heardOf,
  heardTrouble,
  STEPS,
  withHeader,
  withStep,
  withWorkspace,
  type HeaderDraft,
} from './heard';

const w = S.hooks.heard;
const header = (name: string, value = 'v', kept = false): HeaderDraft => ({ name, value, kept });
const withHeaders = (...headers: HeaderDraft[]) => ({ ...freshHeard(), headers });

describe('a hook that is only heard', () => {
  it('hears everything at first, with a secret made here', () => {
    expect(heardIn(' shoots ', 'studio', freshHeard(), 'bWFkZQ==')).toEqual({
      name: 'shoots',
      site: 'studio',
      secret: 'bWFkZQ==',
      workspaces: [],
      steps: [],
      headers: {},
    });
  });

  it('names steps in the order of the work, however they were chosen', () => {
    expect(STEPS).toHaveLength(14);
    const some = withStep(withStep(withStep(freshHeard(), 'Copywriting', true), 'Capture', true), 'Capture', true);
    expect(some.steps).toEqual(['Capture', 'Copywriting']);
    expect(withStep(some, 'Capture', false).steps).toEqual(['Copywriting']);
  });

  it('names a workspace once', () => {
    const one = withWorkspace(withWorkspace(withWorkspace(freshHeard(), ' North '), 'North'), '  ');
    expect(one.workspaces).toEqual(['North']);
  });

  it('keeps its secret and the values of its headers unless others are entered', () => {
    const kept = heardOf({ workspaces: ['North'], steps: [], headers: ['x-studio'], all_steps: [] }, true);
    expect(heardTrouble(kept)).toBeNull();
    const sent = heardIn('shoots', 'studio', kept, 'unused');
    expect(sent).not.toHaveProperty('secret');
    expect(sent.headers).toEqual({ 'x-studio': '' });
    expect(heardIn('shoots', 'studio', withHeader(kept, 0, { value: 'new' }), '').headers).toEqual({
      'x-studio': 'new',
    });
    expect(heardIn('shoots', 'studio', { ...kept, secretFrom: 'own', ownSecret: ' k ' }, '').secret).toBe('k');
  });

  it('has one made where there was none', () => {
    expect(heardOf({ workspaces: [], steps: [], headers: [], all_steps: [] }, false).secretFrom).toBe('made');
  });
});

describe('what is wrong', () => {
  it('is a secret that is to be entered and is not', () => {
    expect(heardTrouble({ ...freshHeard(), secretFrom: 'own', ownSecret: ' ' })).toBe(w.secretEmpty);
  });

  it('is a header without a name or a value, one that every delivery has, and one that stands twice', () => {
    expect(heardTrouble(withHeaders(header('x-studio')))).toBeNull();
    expect(heardTrouble(withHeaders(header('')))).toBe(w.headerNameBad(''));
    expect(heardTrouble(withHeaders(header('x studio')))).toBe(w.headerNameBad('x studio'));
    expect(heardTrouble(withHeaders(header('X-CF-Signature')))).toBe(w.headerNameBad('X-CF-Signature'));
    expect(heardTrouble(withHeaders(header('x-studio', '')))).toBe(w.headerEmpty('x-studio'));
    expect(heardTrouble(withHeaders(header('x-studio', '', true)))).toBeNull();
    expect(heardTrouble(withHeaders(header('x-studio', 'a\nb')))).toBe(w.headerValueBad('x-studio'));
    expect(heardTrouble(withHeaders(header('x-studio'), header('X-Studio')))).toBe(w.headerTwice('X-Studio'));
  });
});

describe('a secret that is made', () => {
  it('is 32 random bytes in Base64', () => {
    const [one, other] = [freshSecret(), freshSecret()];
    expect(atob(one)).toHaveLength(32);
    expect(one).not.toBe(other);
  });
});
