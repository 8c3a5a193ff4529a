import type { Backend } from '../api';

/** Mark-up that would run or load something wherever it is taken for more than text, and marks that turn the order of reading. */
const MARKUP =
  `"'><img src="//evil.example/pixel" onerror="globalThis.taken=1"><script>globalThis.taken=1</script>` +
  `<svg onload="globalThis.taken=1"><a href="javascript:globalThis.taken=1">x</a>{{globalThis.taken=1}}\u202e\u0007`;
/** What somebody outside has a word in: names, reasons, values, payloads. */
const OUTSIDE = new Set([
  'name',
  'title',
  'why',
  'reason',
  'note',
  'text',
  'remedy',
  'rule_name',
  'verdict',
  'message',
]);

/** The same engine, in which every name and sentence holds mark-up. */
export function hostile(engine: Backend): Backend {
  return {
    ask: async (ask) => spoilt(await engine.ask(ask)),
    listen: (listener) => engine.listen({ ...listener, news: (news) => listener.news(spoilt(news)) }),
  };
}

function spoilt<T>(told: T): T {
  return JSON.parse(JSON.stringify(told), (key, value: unknown) => {
    if (key === 'payload' && typeof value === 'string') return `{"__proto__":${JSON.stringify(MARKUP)},"a":1,"a":2}`;
    return typeof value === 'string' && OUTSIDE.has(key) ? `${value} ${MARKUP}` : value;
  }) as T;
}
