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

/** Whether an address is on this computer: what is there reaches the receiver without a public one. */
export function isLoopback(address: string): boolean {
  try {
    const { hostname } = new URL(address);
    return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
  } catch {
    return false;
  }
}
