/** What a scene does to reach its look. After each of them the page comes to rest by itself (`settled`). */
export const id = (name) => `[data-testid="${name}"]`;
export const click = (css) => (page) => page.locator(css).first().click();
export const twice = (css) => async (page) => {
  await click(css)(page);
  await click(css)(page);
};
export const fill = (css, text) => (page) => page.locator(css).first().fill(text);
export const choose = (css, value) => (page) => page.locator(css).first().selectOption(value);
export const press = (key) => (page) => page.keyboard.press(key);
export const focus = (css) => (page) => page.locator(css).first().focus();
/** Waits for what comes by itself, later than the page comes to rest. */
export const until = (css) => (page) => page.locator(css).first().waitFor();
/** Fails where it is there. */
export const absent = (css) => async (page) => {
  if ((await page.locator(css).count()) > 0) throw new Error(`${css} is there`);
};
export const bottom = (css) => (page) =>
  page
    .locator(css)
    .first()
    .evaluate((node) => node.scrollTo(0, 1e6));
