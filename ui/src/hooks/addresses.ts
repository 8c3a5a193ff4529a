/** A public address in its cleaned form, or null where it is none. */
export function publicOf(text: string): string | null {
  try {
    const url = new URL(text.trim());
    const bare = (url.pathname === '/' || url.pathname === '') && url.search === '' && url.hash === '';
    return url.protocol === 'https:' && url.hostname !== '' && bare ? url.origin : null;
  } catch {
    return null;
  }
}

/** The public address within the address of a hook. */
export function originOf(hookAddress: string | null): string | null {
  if (hookAddress === null) return null;
  try {
    return new URL(hookAddress).origin;
  } catch {
    return null;
  }
}
