import { settled } from './rest.mjs';
import { drafted } from './rules.mjs';
import { click, fill, id, press } from './steps.mjs';

const row = click(`${id('feed-row')}:has([data-state="confirmed"])`);
const held = (...asks) => `dev=full&held=${asks.join()}`;
/** After a start that knew what stands above all. */
const again = async (page) => {
  await page.evaluate(() => dispatchEvent(new Event('answer')));
  await settled(page);
  await page.reload();
  await page.locator('main').waitFor();
};

/** Views that stand and wait for what is held back: nothing in them may shift as it comes. */
export const CALM = [
  ['calm-feed', held('all'), '', [again]],
  ['calm-rules', held('all'), 'rules', [again]],
  ['calm-hooks', held('all'), 'hooks', [again]],
  ['calm-sites', `${held('all')}&hangs=site_projects`, 'sites', [again]],
  ['calm-groups', held('feed_groups'), '', [press('g')]],
  ['calm-drawer', held('event'), '', [row]],
  ['calm-payload', held('event'), '', [row, click(id('tab-payload'))]],
  ['calm-delivery', held('event'), '', [row, click(id('tab-delivery'))]],
  ['calm-why-not', held('try'), '', [row, press('w')]],
  ['calm-replay', held('try'), '', [row, press('y')]],
  ['calm-history', held('history'), '', [row, press('h')]],
  ['calm-preferences', `${held('preferences')}&shell=on`, '', [press(',')]],
  ['calm-deliveries', held('compare_deliveries'), 'hooks', []],
  ['calm-revisions', held('revisions'), 'rules', [press('v')]],
  ['calm-revision', held('compare_rules'), 'rules', [press('v'), click(`${id('revision')}[data-live="false"]`)]],
  ['calm-compare', held('compare_rules'), 'rules', [...drafted, press('c')]],
  [
    'calm-notes',
    `${held('preview_notes')}&rules=notes`,
    '',
    [press('n'), fill(id('notes-text'), 'Shot\tNotes\nSQ0100_0010\tLooks good'), click(id('notes-preview'))],
  ],
];
