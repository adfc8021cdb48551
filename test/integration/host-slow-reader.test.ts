/** A window that stops reading must not fill the host's memory. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/websocket';
import { WebSocket } from 'ws';
import { createLog, socketProtocol, tokenProtocol, type Client, type Served } from '../../electron/app/index.ts';
import { serveInstance } from '../../electron/host/index.ts';
import { engineDouble, type EngineDouble } from '../unit/app-engine-double.ts';

let home: string;
let served: Served;
let engine: EngineDouble;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'sluice-slow-'));
  engine = engineDouble();
  const ports = { choosePath: null, opener: null, power: null, quit: () => {} };
  const app = { engine, face: 'host' as const, version: '1.0.0', home, ports, log: createLog(home) };
  served = await serveInstance({ app, home });
});
afterEach(async () => {
  await served.close();
  rmSync(home, { recursive: true, force: true });
});

it('a reader that stalls loses its subscription, and starts afresh with a snapshot when it reads again', async () => {
  engine.add([{ url: 'https://a.test/x' }]);
  const { id } = engine.list()[0]!;
  const socket = new WebSocket(`${served.url.replace('http', 'ws')}rpc`, [socketProtocol, tokenProtocol(served.token)]);
  await once(socket, 'open');
  const client: Client = createORPCClient(new RPCLink({ websocket: socket as unknown as globalThis.WebSocket }));
  const events = (await client.jobs.watch())[Symbol.asyncIterator]();
  expect((await events.next()).value).toMatchObject({ type: 'snapshot' });

  // Events of about 1 MB: a few fill the system's buffers, then some wait in the host, then it gives the reader up.
  socket.pause();
  let sent = 0;
  while (engine.subscribers > 0 && sent < 200) {
    sent += 1;
    engine.move(id, { kind: 'running' }, { name: `${'x'.repeat(1_000_000)}${sent}` });
    await new Promise(setImmediate);
  }
  expect(engine.subscribers).toBe(0);
  expect(sent).toBeLessThan(100);

  socket.resume();
  let type = '';
  while (type !== 'snapshot') type = ((await events.next()).value as { type: string }).type;
  expect(engine.subscribers).toBe(1);
  socket.close();
  await expect.poll(() => engine.subscribers).toBe(0);
});
