import { expect, it, vi } from 'vitest';
import type { Rule } from '../../api/types/Rule';
import { OVERHAUL } from '../../dev/overhaul';
import { plain, sentenceOf } from './sentence';

vi.mock('../../language', async (original) => ({
  ...(await original<typeof import('../../language')>()),
  language: () => 'de',
  spoken: (said: Record<string, unknown>) => said.de,
}));

function said(rule: Omit<Rule, 'id' | 'name'>): string {
  return sentenceOf(OVERHAUL, { id: 'r', name: 'r', ...rule })
    .filter((piece) => typeof piece === 'string' || piece.changes.of !== 'add')
    .map((piece) => (typeof piece === 'string' ? piece : `[${plain(piece.says)}]`))
    .join(' ')
    .replace(/ ([,.])/g, '$1');
}

it('says in German when a rule begins, the verb last', () => {
  expect(said({ when: { entity: 'Version', becomes: ['cnv'] }, then: { set: 'task', to: ['rdy'] } })).toBe(
    'Wenn eine [Version] im [Status] [von jedem] auf [Check New Version] [wechselt], ' +
      'setzt die Regel [den zugehörigen Task] auf [Ready to Start].',
  );
  expect(
    said({ when: { entity: 'Shot', field: 'sg_cut_in' }, then: { set: 'itself', field: 'note', to: ['neu'] } }),
  ).toBe(
    'Wenn ein [Shot] im [cut in] [von jedem Wert] auf [beliebig] [wechselt], ' +
      'setzt die Regel [den Shot selbst] im Feld [note] auf [neu].',
  );
});

it('says in German what must hold, and of a type whose gender it does not know only the name', () => {
  expect(
    said({
      when: { entity: 'Version', on: ['created'] },
      if: { first_version: true, step: ['Comp', 'Roto'] },
      then: { set: 'itself', to: ['cnv'] },
    }),
  ).toBe(
    'Wenn eine [Version] mit Status [beliebig] [angelegt wird], und [der Step ihres Tasks Comp oder Roto ist] und ' +
      '[es die erste Version ihres Tasks ist], setzt die Regel [die Version selbst] auf [Check New Version].',
  );
  expect(
    said({
      when: { entity: 'CustomEntity03', on: ['note_added'] },
      if: { text: ['final', 'gut'] },
      then: { set: { children: { type: 'Task', of: 'Shot' } }, to: 'same' },
    }),
  ).toBe(
    'Wenn [CustomEntity03] mit Status [beliebig] [eine Notiz bekommt], und [der Text „final“ oder „gut“ enthält], ' +
      'setzt die Regel [die Tasks des zugehörigen Shots] auf [denselben Status].',
  );
});

it('says in German what several come to', () => {
  const rows = [{ all: ['rdy'], to: ['actv'] }, { to: ['hld'] }];
  expect(
    said({
      when: { entity: 'Task', becomes: ['rdy'] },
      then: { set: 'shot', to: { roll_up: { of: 'Task', rows } } },
    }),
  ).toContain(
    'auf [Active wenn für alle zugehörigen Tasks gilt: Ready to Start; sonst On Hold in allen anderen Fällen].',
  );
});
