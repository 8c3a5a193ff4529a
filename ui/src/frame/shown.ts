/**
 * Marks when something stood on the screen for the first time, on the clock that developer tools and `make bench-window` read: after the
 * frame that it was drawn in.
 */
export function markShown(name: string): void {
  requestAnimationFrame(() =>
    setTimeout(() => performance.getEntriesByName(name).length === 0 && performance.mark(name)),
  );
}
