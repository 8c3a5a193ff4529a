// node look/look.mjs NAME WIDTHxHEIGHT 'QUERY' [step …]  (steps: click=CSS, hover=CSS, press=KEY, type=TEXT, wait=MS, scroll=PX)
import { mkdirSync } from 'node:fs';
import { chromium } from 'playwright-core';

const pictures = new URL('./pictures/', import.meta.url).pathname;

const [name, size, query, ...steps] = process.argv.slice(2);
const [width, height] = size.split('x').map(Number);
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
const page = await browser.newPage({ viewport: { width, height } });
page.on('console', (m) => ['error', 'warning'].includes(m.type()) && console.log(`${m.type()}: ${m.text()}`));
page.on('pageerror', (e) => console.log(`thrown: ${e.message}`));
await page.goto(`${process.env.LOOK_AT ?? 'http://localhost:5173/'}${query}`);
await page.waitForTimeout(900);
for (const step of steps) {
  const at = step.indexOf('=');
  const [what, arg] = [step.slice(0, at), step.slice(at + 1)];
  if (what === 'click') await page.locator(arg).first().click();
  if (what === 'hover') await page.locator(arg).first().hover();
  if (what === 'press') await page.keyboard.press(arg);
  if (what === 'type') await page.keyboard.type(arg);
  if (what === 'scroll') await page.mouse.wheel(0, Number(arg));
  if (what === 'eval') console.log(JSON.stringify(await page.evaluate(arg)));
  await page.waitForTimeout(what === 'wait' ? Number(arg) : 250);
}
mkdirSync(pictures, { recursive: true });
await page.screenshot({ path: `${pictures}${name}.png` });
await browser.close();
