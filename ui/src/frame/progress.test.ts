import { render } from 'svelte/server';
import { expect, it } from 'vitest';
import Progress from './Progress.svelte';

const drawn = (on: boolean) => render(Progress, { props: { on, label: 'Asking the site' } }).body;

it('what is waited for has a bar that says what it is, and no value that nobody knows', () => {
  expect(drawn(true)).toMatch(/role="progressbar" aria-label="Asking the site"/);
  expect(drawn(true)).not.toContain('aria-valuenow');
});

it('where nothing is waited for, its room is there and no bar', () => {
  expect(drawn(false)).not.toContain('progressbar');
  expect(drawn(false)).toContain('<div');
});
