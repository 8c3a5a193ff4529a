import { settled } from './rest.mjs';

/** Lets the answers come that a scene holds back (`held=`). What shifts because of them, in lines. */
export async function shifts(page) {
  await page.evaluate(() => document.fonts.ready);
  // What comes under the pointer answers to it.
  await page.mouse.move(0, 0);
  await settled(page);
  await page.evaluate(watch);
  await settled(page);
  return page.evaluate(() => globalThis.shifted());
}

/** In the page: what the browser calls a layout shift, from now on. */
function watch() {
  const nameOf = (node) => {
    const element = node instanceof Element ? node : node?.parentElement;
    if (!element) return 'something that is gone';
    const kind = [element.tagName.toLowerCase(), ...element.classList].join('.');
    return element.dataset.testid ? `${kind}[data-testid="${element.dataset.testid}"]` : kind;
  };
  const placeOf = ({ x, y, width, height }) => [x, y, width, height].map(Math.round).join(' ');
  const lines = new Set();
  const note = (entries) => {
    for (const { sources } of entries)
      for (const { node, previousRect, currentRect } of sources)
        lines.add(`shifts: ${nameOf(node)} from ${placeOf(previousRect)} to ${placeOf(currentRect)}`);
  };
  const observer = new PerformanceObserver((list) => note(list.getEntries()));
  observer.observe({ type: 'layout-shift' });
  globalThis.shifted = () => {
    note(observer.takeRecords());
    return [...lines];
  };
  dispatchEvent(new Event('answer'));
}
