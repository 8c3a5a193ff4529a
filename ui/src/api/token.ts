const KEY = 'callboard.token';

/** The token of this tab: taken out of the address once, so that it is not bookmarked, copied or shown over a shoulder. */
export function takeToken(
  address: URL,
  store: Pick<Storage, 'getItem' | 'setItem'>,
): { token: string | null; clean: string } {
  const hash = new URLSearchParams(address.hash.replace(/^#/, ''));
  const given = address.searchParams.get('token') ?? hash.get('token');
  if (given) store.setItem(KEY, given);
  address.searchParams.delete('token');
  if (hash.has('token')) {
    hash.delete('token');
    address.hash = hash.toString();
  }
  return { token: given ?? store.getItem(KEY), clean: address.toString() };
}
