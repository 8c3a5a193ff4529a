import type { DeliveryView } from '../api/types/DeliveryView';

/** Of the headers, those that a client sets by itself or that say nothing about the event. */
const OWN = new Set([
  'host',
  'content-length',
  'connection',
  'accept',
  'accept-encoding',
  'user-agent',
  'transfer-encoding',
]);

/** What stands in place of a header that is kept from people. */
const LEFT_OUT = /^\(.*\)$/;

/** A command for a POSIX shell that delivers the event to the hook's address once more, without what is secret. */
export function curlOf(receiver: string, delivery: DeliveryView, payload: string): string {
  const headers = delivery.headers.filter(([name, value]) => !OWN.has(name.toLowerCase()) && !LEFT_OUT.test(value));
  return [
    `curl -X POST ${quoted(`${receiver}/hooks/${encodeURIComponent(delivery.hook)}`)}`,
    ...headers.map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`),
    `--data-raw ${quoted(payload)}`,
  ].join(' \\\n  ');
}

/** One word of a POSIX shell, whatever stands in it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
