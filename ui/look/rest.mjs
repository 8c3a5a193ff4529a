/** In milliseconds. Longer waits are the page's patience (a toast, a made-up engine that never answers), not its work. */
const WORK = 2_500;
const PATIENCE = 15_000;
/** Looks in a row that must find nothing to do. Between two of them the page does what waits in its queue, however slow it is. */
const LOOKS = 4;

/** Counts, in a page, what it still has to do; before anything of its own runs. */
function count(work) {
  const open = new Set();
  const { setTimeout: later, clearTimeout: never } = globalThis;
  let still = 0;
  globalThis.setTimeout = (act, ms = 0, ...rest) => {
    const timer = later(
      (...given) => {
        open.delete(timer);
        if (typeof act === 'function') act(...given);
      },
      ms,
      ...rest,
    );
    if (ms <= work) open.add(timer);
    return timer;
  };
  globalThis.clearTimeout = (timer) => {
    open.delete(timer);
    never(timer);
  };
  new MutationObserver(() => (still = 0)).observe(document, {
    subtree: true,
    childList: true,
    attributes: true,
    characterData: true,
  });
  const moves = (one) => one.playState === 'running' && one.effect?.getComputedTiming().endTime !== Infinity;
  globalThis.atRest = async (looks, patience) => {
    const begun = performance.now();
    for (still = 0; still < looks; still += 1) {
      if (open.size > 0 || document.getAnimations().some(moves)) still = 0;
      if (performance.now() - begun > patience) return false;
      await new Promise((resolve) => later(resolve, 16));
    }
    return true;
  };
}

export const counting = (context) => context.addInitScript(count, WORK);

/** Until no answer is awaited, no timer runs, nothing moves and nothing has changed for a moment. */
export async function settled(page) {
  const rests = await page.evaluate(([looks, patience]) => globalThis.atRest(looks, patience), [LOOKS, PATIENCE]);
  if (!rests) throw new Error(`the page does not come to rest within ${PATIENCE / 1000} s`);
}
