import { describe, expect, it } from 'vitest';
import { AskError } from './index';
import { EventStream } from './sse';
import { takeToken } from './token';

describe('the event stream', () => {
  it('gives each event once, however it is cut', () => {
    const text = ': hello\n\ndata: {"a":1}\n\ndata: {"b":\ndata: 2}\r\n\r\nevent: x\ndata:{"c":3}\n\n';
    const whole = ['{"a":1}', '{"b":\n2}', '{"c":3}'];
    expect(new EventStream().push(text)).toEqual(whole);
    for (let cut = 1; cut < text.length; cut += 1) {
      const stream = new EventStream();
      expect([...stream.push(text.slice(0, cut)), ...stream.push(text.slice(cut))], `cut at ${cut}`).toEqual(whole);
    }
    const bit = new EventStream();
    expect([...text].flatMap((letter) => bit.push(letter))).toEqual(whole);
  });

  it('keeps an unfinished event for later', () => {
    const stream = new EventStream();
    expect(stream.push('data: 1\n')).toEqual([]);
    expect(stream.push('\n')).toEqual(['1']);
  });
});

describe('the token', () => {
  const store = () => {
    const kept = new Map<string, string>();
    return { getItem: (k: string) => kept.get(k) ?? null, setItem: (k: string, v: string) => void kept.set(k, v) };
  };

  it('is taken out of the address and kept for the tab', () => {
    const tab = store();
    expect(takeToken(new URL('http://127.0.0.1:9/?token=abc&x=1'), tab)).toEqual({
      token: 'abc',
      clean: 'http://127.0.0.1:9/?x=1',
    });
    expect(takeToken(new URL('http://127.0.0.1:9/'), tab).token).toBe('abc');
    expect(takeToken(new URL('http://127.0.0.1:9/#token=def'), tab)).toEqual({
      token: 'def',
      clean: 'http://127.0.0.1:9/',
    });
  });

  it('is nothing where there is none, and leaves the address alone', () => {
    expect(takeToken(new URL('http://127.0.0.1:9/#rules'), store())).toEqual({
      token: null,
      clean: 'http://127.0.0.1:9/#rules',
    });
  });
});

it('errors keep the code that the engine gave', () => {
  expect(AskError.from({ code: 'journal', message: 'no' })).toMatchObject({ code: 'journal', message: 'no' });
  expect(AskError.from(new TypeError('fetch failed'))).toMatchObject({ code: 'unreachable' });
});
