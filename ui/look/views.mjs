// node look/views.mjs [FILTER] [LANGUAGE]  Every view full, empty and broken, light and dark, in two sizes: a picture of each to
// look/pictures/, and what axe finds in it. Ends with 1 where axe finds anything, or the page complains.
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const at = process.env.LOOK_AT ?? 'http://localhost:5173/';
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const pictures = new URL('./pictures/', import.meta.url).pathname;

const id = (name) => `[data-testid="${name}"]`;
const click = (css) => (page) => page.locator(css).first().click();
const fill = (css, text) => (page) => page.locator(css).first().fill(text);
const press = (key) => (page) => page.keyboard.press(key);
const wait = (ms) => (page) => page.waitForTimeout(ms);

const toKey = [fill(id('site-url'), 'harbour.shotgrid.autodesk.com'), click(id('wizard-next'))];
const toExamine = [...toKey, fill(id('site-key'), 'not a real key'), click(id('wizard-next')), wait(1_200)];
const toWrite = [...toExamine, click(id('wizard-next'))];
const toReach = [...toWrite, click(id('wizard-next')), wait(300), click(id('wizard-next'))];
const toHook = [...toReach, click(id('wizard-next')), wait(400)];
const toMade = [...toHook, click(id('wizard-next')), wait(1_900)];
const toFirst = [...toMade, click(id('wizard-next'))];
const bottom = (css) => (page) =>
  page
    .locator(css)
    .first()
    .evaluate((node) => node.scrollTo(0, 1e6));

const row = (state) => click(`${id('feed-row')}:has([data-state="${state}"])`);
const twice = (name) => [click(id(name)), click(id(name))];
/** The past of the Shot of an open event. */
function past() {
  return [row('confirmed'), wait(500), press('h'), wait(900)];
}
const asking = 'dev=full&asks=7';

/** Name, address, steps. */
const VIEWS = [
  ['feed-full', 'dev=full', '', []],
  ['feed-error', 'dev=error', '', []],
  ['feed-asks', asking, '', [row('skipped'), wait(400)]],
  ['feed-drawer', 'dev=full', '', [row('confirmed'), wait(400), press('w'), wait(900)]],
  ['feed-undo', 'dev=full', '', [row('confirmed'), wait(400), click(id('undo'))]],
  ['feed-undone', 'dev=full', '', [row('confirmed'), wait(400), press('u'), press('u'), wait(500)]],
  [
    'feed-refused',
    'dev=full&fail=undo,try',
    '',
    [row('confirmed'), wait(400), click(id('undo')), click(id('undo')), press('w'), wait(500)],
  ],
  ['feed-delivery', 'dev=full', '', [row('confirmed'), wait(400), click(id('tab-delivery'))]],
  ['feed-long', 'dev=long', '', [row('confirmed'), wait(400)]],
  [
    'feed-kept',
    'dev=full',
    '',
    [fill(id('search'), 'Mara'), wait(500), click(id('kept-filters')), click(id('keep-filters'))],
  ],
  ['feed-filters', 'dev=full&sites=two', '', [fill(id('search'), 'comp'), wait(700), click(id('filter-person'))]],
  ['feed-capped', 'dev=many', '', [wait(900), click(id('filter-outcome')), wait(300)]],
  ['feed-time', 'dev=full', '', [press('t'), wait(200), fill(id('range-from'), '2026-11-20')]],
  ['feed-none', 'dev=full', '', [press('t'), wait(200), fill(id('range-to'), '2020-01-01'), click(id('range-own'))]],
  [
    'feed-payload',
    'dev=full',
    '',
    [row('confirmed'), wait(400), click(id('tab-payload')), click(id('payload-differs'))],
  ],
  ['feed-replay', 'dev=full', '', [row('confirmed'), wait(400), press('y'), wait(900)]],
  [
    'feed-replay-refused',
    'dev=long&refuse=1',
    '',
    [row('confirmed'), wait(400), press('y'), wait(900), click(id('replay-now')), ...twice('replay-do'), wait(300)],
  ],
  ['feed-groups', 'dev=full', '', [press('g'), wait(600), press('j'), press('j'), press('ArrowRight'), wait(400)]],
  [
    'feed-groups-many',
    'dev=many',
    '',
    [press('g'), wait(1_200), press('j'), press('ArrowRight'), press('j'), press('Enter')],
  ],
  ['feed-groups-long', 'dev=long', '', [press('g'), wait(600)]],
  ['feed-groups-empty', 'dev=empty', '', [press('g'), wait(600)]],
  ['feed-groups-error', 'dev=full&fail=feed_groups', '', [press('g'), wait(600)]],
  ['history-full', 'dev=full', '', past()],
  [
    'history-many',
    'dev=full&history=many',
    '',
    [...past(), press('Escape'), wait(200), press('ArrowDown'), press('ArrowLeft')],
  ],
  ['history-week', 'dev=full&history=many', '', [...past(), click(id('zoom-week')), wait(300)]],
  ['history-day', 'dev=full&history=many', '', [...past(), click(id('zoom-day')), wait(300), press('Shift+ArrowLeft')]],
  ['history-one', 'dev=full&history=one', '', past()],
  ['history-long', 'dev=long&history=cut', '', past()],
  ['history-table', 'dev=full&history=many', '', [...past(), press('t'), wait(500)]],
  ['history-empty', 'dev=full&history=none', '', past()],
  ['history-error', 'dev=full&fail=history', '', past()],
  ['inbox-full', asking, '', [press('i'), wait(900), press('ArrowDown'), press('Space')]],
  ['inbox-decline', asking, '', [press('i'), wait(900), press('d')]],
  [
    'inbox-decided',
    'dev=full&asks=12',
    '',
    [press('i'), wait(900), click(id('choose-all')), click(id('accept')), wait(1_400)],
  ],
  ['inbox-many', 'dev=many&asks=300', '', [press('i'), wait(1_500)]],
  ['inbox-long', 'dev=long&asks=9', '', [press('i'), wait(900)]],
  ['inbox-empty', 'dev=full', '', [press('i'), wait(900)]],
  ['inbox-error', 'dev=full&asks=3&fail=inbox', '', [press('i'), wait(900)]],
  ['inbox-refused', 'dev=full&asks=3&fail=accept', '', [press('i'), wait(900), press('a'), wait(300)]],
  ['issues-full', 'dev=full', '', [press('5'), wait(900), press('j'), press('a'), wait(300)]],
  [
    'issues-resolved',
    'dev=full',
    '',
    [
      press('5'),
      wait(900),
      press('r'),
      wait(300),
      click(`${id('issues-resolved')} summary`),
      bottom(`${id('issues')} .body`),
    ],
  ],
  ['issues-long', 'dev=long', '', [press('5'), wait(900)]],
  ['issues-many', 'dev=full&issues=many', '', [press('5'), wait(900)]],
  ['issues-empty', 'dev=full&issues=none', '', [press('5'), wait(900)]],
  ['issues-error', 'dev=full&fail=issues', '', [press('5'), wait(900)]],
  ['issues-refused', 'dev=full&fail=resolve_issue', '', [press('5'), wait(900), press('r'), wait(300)]],
  ['issues-loading', 'dev=full&slow=60000', '', [press('5'), wait(900)]],
  ['issues-hooks', 'dev=long', 'hooks', [click(id('issues-row')), wait(400)]],
  ['preferences-full', 'dev=full&shell=on', '', [press(','), wait(900), click(id('told-mail')), wait(300)]],
  ['preferences-quiet', 'dev=full&quiet=on', '', [press(','), wait(900), fill(id('quiet-until'), '19')]],
  [
    'preferences-keep',
    'dev=full&shell=broken&keep=on',
    '',
    [
      press(','),
      wait(900),
      fill(id('keep-days-number'), '90'),
      click(id('keep-less')),
      click(id('start-at-login')),
      bottom(`${id('preferences')} .body`),
    ],
  ],
  ['preferences-refused', 'dev=full&fail=set_preferences', '', [press(','), wait(900), click(id('quiet')), wait(300)]],
  ['preferences-error', 'dev=full&fail=preferences', '', [press(','), wait(900)]],
  ['preferences-loading', 'dev=full&slow=60000', '', [press(','), wait(900)]],
  ['keys', 'dev=full', '', [press('?'), wait(300)]],
  ['hooks-full', 'dev=full', 'hooks', []],
  ['hooks-record', 'dev=full', 'hooks', [bottom('.detail')]],
  ['hooks-well', 'dev=full&hooks=well', 'hooks', [press('j')]],
  ['hooks-failed', 'dev=full&hooks=failed', 'hooks', []],
  ['hooks-deaf', 'dev=full&hooks=deaf', 'hooks', [press('t'), wait(1_400)]],
  ['hooks-disabled', 'dev=full&hooks=disabled', 'hooks', []],
  ['hooks-load', 'dev=full&hooks=load&log=trouble', 'hooks', []],
  ['hooks-many', 'dev=full&hooks=many&log=catching', 'hooks', []],
  ['hooks-long', 'dev=long', 'hooks', []],
  ['hooks-unknown', 'dev=full&hooks=unknown&public=none', 'hooks', [bottom('.detail')]],
  ['hooks-empty', 'dev=empty&log=catching', 'hooks', []],
  ['hooks-error', 'dev=error', 'hooks', []],
  ['hooks-loading', 'dev=full&slow=60000', 'hooks', []],
  ['hooks-new', 'dev=full', 'hooks', [press('a'), wait(400), click(id('check-subscription')), wait(300)]],
  ['hooks-custom', 'dev=full', 'hooks', [press('a'), wait(300), click('input[value="custom"]')]],
  ['hooks-change', 'dev=full', 'hooks', [press('e')]],
  ['hooks-delete', 'dev=full', 'hooks', [click(id('hook-delete'))]],
  ['sites-full', 'dev=full&sites=two', 'sites', []],
  ['sites-examined', 'dev=full', 'sites', [press('x'), wait(1_300)]],
  ['sites-reach', 'dev=full&reach=bad', 'sites', [click(id('reach-row')), click(id('check-reach')), wait(900)]],
  ['sites-nginx', 'dev=full', 'sites', [click(id('reach-row')), click(id('way-proxy_nginx'))]],
  ['sites-projects', 'dev=full', 'sites', [wait(500), click(id('only-listed')), bottom('.body')]],
  [
    'sites-projects-many',
    'dev=long&projects=many',
    'sites',
    [wait(500), fill(id('find-project'), 'Show 11'), click(id('archived-projects'))],
  ],
  ['sites-projects-error', 'dev=full&projects=broken', 'sites', [wait(500)]],
  ['sites-loading', 'dev=full&slow=60000', 'sites', []],
  [
    'sites-empty',
    'dev=full&sites=practice',
    'sites',
    [click(id('end-practice')), click(id('end-practice')), wait(600)],
  ],
  ['practice-offer', 'dev=empty&sites=none', '', [wait(400), click(id('nav-feed')), wait(300)]],
  ['practice-starting', 'dev=empty&sites=none', '', [wait(400), click(id('start-practice')), wait(300)]],
  [
    'practice-refused',
    'dev=empty&sites=none&fail=start_practice',
    '',
    [wait(400), click(id('start-practice')), wait(2_000)],
  ],
  ['practice-end', 'dev=full&sites=practice', '', [click(id('end-practice'))]],
  ['sites-error', 'dev=error', 'sites', []],
  ['sites-trouble', 'dev=full&log=trouble&sites=two', 'sites', [fill(id('site-every'), '0')]],
  ['sites-none', 'dev=long&sites=none&hooks=none', '', []],
  ['wizard-key', 'dev=long&sites=none&hooks=none', '', toKey],
  ['wizard-examine', 'dev=long&sites=none&hooks=none', '', toExamine],
  ['wizard-bad', 'dev=long&sites=none&hooks=none&examine=bad', '', toExamine],
  ['wizard-fails', 'dev=long&sites=none&hooks=none&examine=fails', '', toExamine],
  ['wizard-write', 'dev=long&sites=none&hooks=none', '', [...toWrite, click(id('wizard-next')), wait(300)]],
  [
    'wizard-projects',
    'dev=full&sites=none&hooks=none',
    '',
    [...toWrite, click(id('wizard-next')), wait(700), click('input[data-write="off"]'), wait(300), bottom('.content')],
  ],
  ['wizard-reach', 'dev=long&sites=none&hooks=none&public=none', '', toReach],
  ['wizard-hook', 'dev=long&sites=none&hooks=none', '', [...toReach, keepAddress, click(id('wizard-next')), wait(500)]],
  ['wizard-made', 'dev=long&sites=none&hooks=none', '', [...toReach, keepAddress, ...toMade.slice(toReach.length)]],
  ['wizard-first', 'dev=long&sites=none&hooks=none', '', [...toReach, keepAddress, ...toFirst.slice(toReach.length)]],
];

async function keepAddress(page) {
  await page.locator(id('public-address')).fill('https://callboard.studio.example');
  await page.locator(id('keep-address')).click();
  await page.waitForTimeout(200);
}

const THEMES = ['light', 'dark'];
const SIZES = [
  [1100, 700],
  [1920, 1080],
];

const [filter = '', lang = 'en'] = process.argv.slice(2);
const mark = lang === 'en' ? '' : `-${lang}`;
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
});
mkdirSync(pictures, { recursive: true });
let wrong = 0;
const complain = (words) => {
  wrong += 1;
  console.log(words);
};

for (const [name, query, hash, steps] of VIEWS.filter(([name]) => name.includes(filter))) {
  for (const theme of THEMES) {
    const page = await browser.newPage({ viewport: { width: 1100, height: 700 } });
    page.on('console', (m) => ['error', 'warning'].includes(m.type()) && complain(`${name}: ${m.text()}`));
    page.on('pageerror', (e) => complain(`${name}: thrown: ${e.message}`));
    await page.goto(`${at}?${query}&live=0&theme=${theme}&lang=${lang}#${hash}`);
    await page.locator('#content').waitFor();
    await page.waitForTimeout(700);
    try {
      for (const step of steps) await step(page);
      await page.waitForTimeout(350);
      for (const [width, height] of SIZES) {
        await page.setViewportSize({ width, height });
        await page.waitForTimeout(150);
        await page.screenshot({ path: `${pictures}${name}${mark}-${theme}-${width}.png` });
      }
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => globalThis.axe.run(document));
      for (const { id: rule, help, nodes } of violations) {
        complain(
          `${name} ${theme}: ${rule}: ${help}: ${nodes
            .slice(0, 3)
            .map((n) => n.target.join(' '))
            .join(' | ')}`,
        );
      }
    } catch (thrown) {
      complain(`${name} ${theme}: ${String(thrown).split('\n')[0]}`);
    }
    await page.close();
  }
}
await browser.close();
process.exitCode = wrong > 0 ? 1 : 0;
