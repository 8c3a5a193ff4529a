import { expect, it } from 'vitest';
import { fileName } from './fileName';

it('makes a name that every system takes of whatever a rule set is called', () => {
  expect(fileName(['Status overhaul', 'revision 41'], 'svg')).toBe('status-overhaul-revision-41.svg');
  expect(fileName(['Übergabe: Roto/Paint…', 'draft'], 'png')).toBe('ubergabe-roto-paint-draft.png');
  expect(fileName(['../../etc/passwd'], 'json')).toBe('etc-passwd.json');
  expect(fileName(['…', ''], 'json')).toBe('rules.json');
  expect(fileName(['x'.repeat(300)], 'svg')).toHaveLength(84);
});
