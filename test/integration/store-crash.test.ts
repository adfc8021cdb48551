import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openEngine } from '../../electron/engine/index.ts';

interface Line {
  readonly refused?: string;
  readonly states?: readonly string[];
  readonly done?: number;
}

const SIZE = 48 * 1024 * 1024;
const body = randomBytes(SIZE);
const script = fileURLToPath(new URL('./store-home.ts', import.meta.url));

let root: string;
let children: ChildProcess[] = [];
let server: http.Server | null = null;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sluice-crash-'));
  children = [];
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  server?.closeAllConnections();
  server?.close();
  await rm(root, { recursive: true, force: true });
});

const home = () => join(root, 'home');
const files = () => join(root, 'files');

function start(...urls: string[]): { child: ChildProcess; lines: Interface } {
  const child = spawn(process.execPath, [script, home(), files(), ...urls], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  return { child, lines: createInterface({ input: child.stdout }) };
}

async function line(lines: Interface, holds: (line: Line) => boolean): Promise<Line> {
  for await (const text of lines) {
    const parsed = JSON.parse(text) as Line;
    if (parsed.refused !== undefined || holds(parsed)) return parsed;
  }
  throw new Error('the process ended');
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

test('a second engine of a home is refused with the pid of the first, and let in after kill -9', async () => {
  const first = start();
  await line(first.lines, (said) => said.states !== undefined);
  const second = start();
  const { refused } = await line(second.lines, () => true);
  expect(refused).toContain(`Another Sluice (${first.child.pid}) is using ${home()}`);
  await expect(openEngine({ home: home(), downloadsFolder: files() })).rejects.toMatchObject({
    code: 'store-in-use',
    failure: { params: { pid: first.child.pid } },
  });
  await kill(first.child);
  const engine = await openEngine({ home: home(), downloadsFolder: files() });
  // Within one process as well.
  await expect(openEngine({ home: home(), downloadsFolder: files() })).rejects.toMatchObject({ code: 'store-in-use' });
  await engine.close();
  const again = await openEngine({ home: home(), downloadsFolder: files() });
  await again.close();
});

test('a download whose process is killed again and again goes on by itself, and ends whole', async () => {
  let sent = 0;
  // Held back, so that it is in the middle however late it is killed.
  let held = Math.round(SIZE * 0.9);
  server = http.createServer((request, response) => {
    const match = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
    const from = Number(match?.[1] ?? 0);
    const to = match?.[2] ? Number(match[2]) + 1 : SIZE;
    response.writeHead(206, {
      ETag: '"v1"',
      'Content-Length': to - from,
      'Content-Range': `bytes ${from}-${to - 1}/${SIZE}`,
    });
    let at = from;
    // 16 MB/s and connection: slow enough to be killed in the middle.
    const timer = setInterval(() => {
      if (at >= held) return;
      const piece = body.subarray(at, Math.min(at + 160_000, to, held));
      at += piece.length;
      sent += piece.length;
      response.write(piece);
      if (at >= to) response.end();
    }, 10);
    response.once('close', () => {
      clearInterval(timer);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/big.bin`;

  let run = start(url);
  for (const share of [0.25, 0.5, 0.75]) {
    const said = await line(run.lines, ({ done = 0 }) => done >= SIZE * share);
    expect(said.states).toEqual(['running']);
    await kill(run.child);
    run = start();
  }
  held = Infinity;
  expect((await line(run.lines, ({ states }) => states?.[0] === 'completed')).states).toEqual(['completed']);
  await kill(run.child);
  const file = await readFile(join(files(), 'big.bin'));
  expect(createHash('sha256').update(file).digest('hex')).toBe(createHash('sha256').update(body).digest('hex'));
  // Not journalled at each kill: at most about a second.
  expect(sent).toBeLessThan(SIZE * 2.5);

  const engine = await openEngine({ home: home(), downloadsFolder: files() });
  expect(engine.list()).toMatchObject([{ state: { kind: 'completed' }, done: SIZE, name: 'big.bin' }]);
  await engine.close();
});
