// node look/views.mjs [--axe] [FILTER] [LANGUAGE]  Every view full, empty and broken, light and dark: what axe finds in it, and a
// picture of each in two sizes to look/pictures/ (none with --axe). Ends with 1 where axe finds anything, the page complains,
// something shifts as what was awaited comes, or a scene cannot be reached.
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { chromium } from 'playwright-core';
import { counting, settled } from './rest.mjs';
import { SCENES } from './scenes.mjs';
import { served } from './served.mjs';
import { shifts } from './shifts.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const pictures = new URL('./pictures/', import.meta.url).pathname;
const THEMES = ['light', 'dark'];
const SIZES = [
  [1100, 700],
  [1920, 1080],
];

const asked = process.argv.slice(2);
const pictured = !asked.includes('--axe');
const [filter = '', lang = 'en'] = asked.filter((word) => !word.startsWith('--'));
const mark = lang === 'en' ? '' : `-${lang}`;

async function picture(page, name, theme) {
  for (const [width, height] of SIZES) {
    await page.setViewportSize({ width, height });
    await settled(page);
    await page.screenshot({ path: `${pictures}${name}${mark}-${theme}-${width}.png` });
  }
  const [width, height] = SIZES[0];
  await page.setViewportSize({ width, height });
  await settled(page);
}

/** What steps back while something else is lit is faint on purpose, and only meanwhile. */
async function findings(page) {
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run({ exclude: [['.faint']] }, { resultTypes: ['violations'] }),
  );
  return violations.map(({ id, help, nodes }) => {
    const where = nodes.slice(0, 3).map((node) => node.target.join(' '));
    return `${id}: ${help}: ${where.join(' | ')}${nodes.length > 3 ? ` | and ${nodes.length - 3} more` : ''}`;
  });
}

/** Whether an address is of the page itself, or made in it. */
function isOurs(url, at) {
  return url.startsWith(at) || /^(data|blob):/.test(url);
}

/** Reaches a scene once and looks at it in each theme. What is wrong, in lines, by theme. */
async function look(browser, at, [name, query, hash, steps]) {
  const wrong = { light: [], dark: [] };
  const [width, height] = SIZES[0];
  const context = await browser.newContext({ viewport: { width, height } });
  let theme = 'light';
  const complain = (line) => wrong[theme].push(line);
  try {
    await counting(context);
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    page.on('console', (m) => ['error', 'warning'].includes(m.type()) && complain(m.text()));
    page.on('pageerror', (e) => complain(`thrown: ${e.message}`));
    page.on('dialog', (d) => complain(`a dialog: ${d.message()}`));
    page.on('request', (r) => isOurs(r.url(), at) || complain(`loads from elsewhere: ${r.url()}`));
    await page.goto(`${at}?${query}&live=0&theme=light&lang=${lang}#${hash}`);
    await page.locator('main').waitFor();
    await settled(page);
    for (const step of steps) {
      await step(page);
      await settled(page);
    }
    if (query.includes('held=')) (await shifts(page)).forEach(complain);
    if (await page.evaluate(() => 'taken' in globalThis)) complain('text from outside has run');
    await page.evaluate(axe);
    for (theme of THEMES) {
      // Every colour is a light-dark() pair: the scheme alone decides, and nothing else of the scene moves.
      await page.evaluate((scheme) => (document.documentElement.style.colorScheme = scheme), theme);
      await settled(page);
      if (pictured) await picture(page, name, theme);
      (await findings(page)).forEach(complain);
    }
  } catch (thrown) {
    const why = `not reached: ${String(thrown).split('\n').slice(0, 3).join(' ')}`;
    for (const each of THEMES.slice(THEMES.indexOf(theme))) wrong[each].push(why);
  } finally {
    await context.close();
  }
  return wrong;
}

if (pictured) mkdirSync(pictures, { recursive: true });
const server = await served();
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
});
const left = SCENES.filter(([name]) => name.includes(filter));
let passed = 0;
let failed = 0;

async function work() {
  for (let scene = left.shift(); scene; scene = left.shift()) {
    for (const [theme, lines] of Object.entries(await look(browser, server.at, scene))) {
      if (lines.length > 0) failed += 1;
      else passed += 1;
      for (const line of lines) console.log(`${scene[0]} ${theme}: ${line}`);
    }
  }
}

try {
  await Promise.all(Array.from({ length: availableParallelism() + 1 }, work));
} finally {
  await browser.close();
  await server.close();
}
// A filter that fits nothing has seen nothing.
const ok = failed === 0 && passed > 0;
console.log(`test result: ${ok ? 'ok' : 'FAILED'}. ${passed} passed; ${failed} failed`);
process.exitCode = ok ? 0 : 1;
