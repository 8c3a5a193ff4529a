import { describe, expect, it } from 'vitest';
import { isOpenToOthers } from './open';

describe('an address of the receiver', () => {
  it.each(['http://127.0.0.1:8787', 'http://127.8.8.8:1', 'http://[::1]:8787', 'http://localhost:8787'])(
    'that is of this machine alone is open to nobody else: %s',
    (address) => expect(isOpenToOthers(address)).toBe(false),
  );

  it.each(['http://0.0.0.0:8787', 'http://[::]:8787', 'http://192.168.1.7:8787', 'http://callboard.studio.example'])(
    'that others reach is said to be: %s',
    (address) => expect(isOpenToOthers(address)).toBe(true),
  );
});
