import { publicOf } from '../hooks/addresses';

/** A way to an address that sites reach, as text to copy. */
export type Way = 'proxy_caddy' | 'proxy_nginx' | 'cloudflared' | 'tailscale' | 'server' | 'none';

export const WAYS: readonly Way[] = ['cloudflared', 'tailscale', 'proxy_caddy', 'proxy_nginx', 'server', 'none'];

/**
 * What to type for a way, with the receiver's own address and the name that is wished for. Only the receiver is ever shown to
 * the internet, never the address that windows use.
 */
export function recipeOf(way: Way, receiver: string, wished: string): string | null {
  const name = publicOf(wished)?.replace('https://', '') ?? 'callboard.studio.example';
  const local = receiver.replace(/^https?:\/\//, '');
  const port = local.split(':').at(-1) ?? '8787';
  switch (way) {
    case 'proxy_caddy':
      return `${name} {\n    reverse_proxy ${local}\n}\n`;
    case 'proxy_nginx':
      return [
        'server {',
        '    listen 443 ssl;',
        `    server_name ${name};`,
        `    ssl_certificate     /etc/ssl/${name}.pem;`,
        `    ssl_certificate_key /etc/ssl/${name}.key;`,
        '    client_max_body_size 64m;',
        '    location / {',
        `        proxy_pass http://${local};`,
        '        proxy_set_header Host $host;',
        '    }',
        '}',
        '',
      ].join('\n');
    case 'cloudflared':
      return [
        'cloudflared tunnel login',
        'cloudflared tunnel create callboard',
        `cloudflared tunnel route dns callboard ${name}`,
        `cloudflared tunnel run --url http://${local} callboard`,
        '',
      ].join('\n');
    case 'tailscale':
      return `tailscale funnel --bg ${port}\ntailscale funnel status\n`;
    case 'server':
      return `callboard serve --data /srv/callboard --listen 127.0.0.1:${port}\n`;
    case 'none':
      return null;
  }
}
