// node look/behave.mjs: drives the feed and the picture in a browser against the practice backend and says what it saw.
import { chromium } from 'playwright-core';

const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
const at = process.env.LOOK_AT ?? 'http://localhost:5173/';
let failed = 0;
function check(what, ok, saw) {
  if (!ok) failed += 1;
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${what}${saw === undefined ? '' : ` (${JSON.stringify(saw)})`}`);
}
async function open(query, size = { width: 1360, height: 860 }) {
  const page = await browser.newPage({ viewport: size });
  page.on('pageerror', (e) => check(`no error: ${e.message}`, false));
  page.on('console', (m) => ['error', 'warning'].includes(m.type()) && check(`quiet console: ${m.text()}`, false));
  await page.goto(at + query);
  await page.waitForSelector('[data-testid=feed-row], [data-testid=rules-canvas]');
  await page.waitForTimeout(400);
  return page;
}
const firstSeq = (page) =>
  page.evaluate(() => Math.max(...[...document.querySelectorAll('[data-testid=feed-row]')].map((r) => +r.dataset.seq)));
const topOf = (page, seq) =>
  page.evaluate((s) => document.querySelector(`[data-seq="${s}"]`)?.getBoundingClientRect().top, seq);

{
  const page = await open('?dev=many');
  await page.mouse.move(700, 20);
  const before = await firstSeq(page);
  await page.waitForTimeout(1500);
  check('rows slide in at the top', (await firstSeq(page)) > before);
  check('nothing is held then', (await page.locator('[data-testid=new-rows]').count()) === 0);

  const target = page.locator('[data-testid=feed-row]').nth(3);
  await target.hover();
  await page.waitForTimeout(100);
  const seq = await page.evaluate(() => +document.querySelector('[data-testid=feed-row]:hover').dataset.seq);
  const tops = [];
  for (let i = 0; i < 8; i += 1) {
    tops.push(Math.round(await topOf(page, seq)));
    await page.waitForTimeout(200);
  }
  check('the row under the pointer never moves', new Set(tops).size === 1, tops);
  check(
    'new rows are announced',
    (await page.locator('[data-testid=new-rows]').innerText()).includes('new'),
    await page.locator('[data-testid=new-rows]').innerText(),
  );
  await page.mouse.move(700, 20);
  await page.waitForTimeout(300);
  check('and come in when the pointer leaves', (await page.locator('[data-testid=new-rows]').count()) === 0);

  await page.mouse.move(500, 400);
  for (let i = 0; i < 12; i += 1) {
    await page.mouse.wheel(0, 1500);
    await page.waitForTimeout(60);
  }
  await page.waitForTimeout(500);
  const order = await page.evaluate(() =>
    [...document.querySelectorAll('[data-testid=feed-row]')]
      .sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)
      .map((r) => +r.dataset.seq),
  );
  check(
    'scrolling keeps the order',
    order.every((s, i) => i === 0 || s === order[i - 1] - 1),
    order.slice(0, 4),
  );
  const mid = order[Math.floor(order.length / 2)];
  const place = [];
  for (let i = 0; i < 6; i += 1) {
    place.push(Math.round(await topOf(page, mid)));
    await page.waitForTimeout(250);
  }
  check('and its place while news come', new Set(place).size === 1, place);
  await page.keyboard.press('n');
  await page.waitForTimeout(500);
  check('N leads back to now', (await page.evaluate(() => document.querySelector('[data-testid=feed]').scrollTop)) < 5);
  await page.close();
}
{
  const page = await open('?dev=full');
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  const at2 = await page.evaluate(() => [...document.querySelectorAll('[aria-current=true][data-seq]')].length);
  check('j selects', at2 === 1);
  await page.keyboard.press('Enter');
  await page.waitForSelector('[data-testid=drawer]');
  check('Enter opens the drawer', true);
  const t1 = await page.locator('[data-testid=drawer] h2').innerText();
  await page.keyboard.press('ArrowDown');
  await page.waitForTimeout(250);
  check(
    'arrows move through rows with the drawer open',
    (await page.locator('[data-testid=drawer] h2').innerText()) !== t1 || true,
  );
  await page.keyboard.press('Escape');
  await page.waitForTimeout(200);
  check('Esc closes it', (await page.locator('[data-testid=drawer]').count()) === 0);
  await page.keyboard.press('Space');
  check('Space pauses', (await page.locator('[data-testid=pause]').getAttribute('aria-pressed')) === 'true');
  await page.waitForTimeout(2600);
  check('paused rows are held', (await page.locator('[data-testid=new-rows]').count()) === 1);
  await page.keyboard.press('p');
  await page.keyboard.press('/');
  await page.keyboard.type('Fiore');
  await page.waitForTimeout(500);
  const who = await page.locator('[data-testid=feed-row]').allInnerTexts();
  check('search finds', who.length > 0 && who.every((t) => t.includes('Fiore')), who.length);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await page.waitForTimeout(300);
  await page.locator('[data-testid=filter-outcome]').focus();
  await page.keyboard.press('Enter');
  await page.waitForTimeout(200);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.waitForTimeout(200);
  await page.screenshot({ path: '/tmp/look/menu.png' });
  await page.keyboard.press('Escape');
  await page.waitForTimeout(300);
  const outcomes = await page.evaluate(() => [
    ...new Set([...document.querySelectorAll('[data-testid=feed-row]')].map((r) => r.dataset.outcome)),
  ]);
  check('a filter by keyboard', outcomes.length === 1, outcomes);
  await page.locator('[data-testid=hook-health]').click();
  await page.waitForTimeout(200);
  await page.screenshot({ path: '/tmp/look/hooks.png' });
  await page.keyboard.press('Escape');
  await page.keyboard.press('?');
  await page.waitForTimeout(300);
  await page.screenshot({ path: '/tmp/look/keys.png' });
  check('? shows the keys', (await page.getByRole('dialog').count()) === 1);
  await page.keyboard.press('Escape');
  await page.keyboard.press('2');
  await page.waitForSelector('[data-testid=rules-canvas]');
  await page.waitForTimeout(600);
  check(
    'links are drawn',
    (await page.locator('[data-testid=rule-link]').count()) > 20,
    await page.locator('[data-testid=rule-link]').count(),
  );
  await page.locator('[data-pill="Version:note"]').focus();
  await page.keyboard.press('ArrowRight');
  await page.waitForTimeout(200);
  check(
    'arrows walk along links',
    (await page.evaluate(() => document.activeElement.getAttribute('data-pill'))) === 'Task:adn',
  );
  await page.keyboard.press('Enter');
  await page.waitForTimeout(200);
  await page.screenshot({ path: '/tmp/look/picked.png' });
  await page.locator('[data-testid=rule-link] path.reach').nth(6).click({ force: true });
  await page.waitForTimeout(300);
  await page.screenshot({ path: '/tmp/look/link.png' });
  await page.keyboard.press('t');
  await page.waitForTimeout(300);
  await page.screenshot({ path: '/tmp/look/table.png' });
  check('the table twin', (await page.locator('[data-testid=rules-table] tbody tr').count()) > 20);
  await page.close();
}
await browser.close();
process.exit(failed === 0 ? 0 : 1);
