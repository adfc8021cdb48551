/** nginx with a configuration of its own: the origin that a bench downloads from. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../electron/engine/database/free-port.ts';
import { withSbin } from './programs.ts';

export interface Nginx extends AsyncDisposable {
  readonly httpPort: number;
  readonly httpsPort: number;
}

/** Bytes per second that nginx gives each connection under /limited/. */
export const LIMIT_RATE = 8_000_000;

/** Serves `root` at http and https, and the same under /limited/ at `LIMIT_RATE` a connection. */
export async function startNginx(
  root: string,
  work: string,
  certificate: { cert: string; key: string },
  /** Full packets for large bodies; without it many small ranges are answered sooner. */
  tcpNopush: 'on' | 'off' = 'on',
  /** More of the server's configuration: locations. */
  locations = '',
): Promise<Nginx> {
  const [httpPort, httpsPort] = [await freePort(), await freePort()];
  mkdirSync(work, { recursive: true });
  const config = join(work, 'nginx.conf');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${work}/${name};`,
  );
  writeFileSync(
    config,
    `daemon off;
${process.getuid?.() === 0 ? 'user root;' : ''}
worker_processes auto;
pid ${work}/nginx.pid;
error_log ${work}/error.log crit;
events { worker_connections 1024; }
http {
  access_log off;
  sendfile on;
  tcp_nopush ${tcpNopush};
  keepalive_requests 100000;
  default_type application/octet-stream;
  ${temporary.join(' ')}
  server {
    listen 127.0.0.1:${httpPort};
    listen 127.0.0.1:${httpsPort} ssl;
    ssl_certificate ${certificate.cert};
    ssl_certificate_key ${certificate.key};
    root ${root};
    location /limited/ { alias ${root}/; limit_rate ${LIMIT_RATE}; }
    ${locations}
  }
}
`,
  );
  const child = spawn('nginx', ['-c', config, '-e', join(work, 'error.log')], { stdio: 'ignore', env: withSbin() });
  const ended = once(child, 'exit');
  await listening(httpPort);
  return {
    httpPort,
    httpsPort,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function listening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const socket = connect(port, '127.0.0.1');
    const isUp = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isUp) return;
    await sleep(50);
  }
  throw new Error(`nginx does not listen on ${port}`);
}
