/** Another file has the name of the part file: it is neither finished, nor gone on with, nor deleted. */
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openEngine, type Engine } from '../../electron/engine/index.ts';
import { startRangeServer, type RangeServer } from '../servers/range-server.ts';
import { addOne, reaches, until } from './engine-watch.ts';

const MIB = 1 << 20;
const SIZE = 4 * MIB + 321;
const FOREIGN = 'somebody else’s';

let root: string;
let engine: Engine;
let server: RangeServer;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'sluice-swapped-'));
  engine = await openEngine({ home: join(root, 'home'), downloadsFolder: join(root, 'files'), autoStart: true });
  server = await startRangeServer({ size: SIZE, held: [2 * MIB, SIZE] });
});
afterEach(async () => {
  await engine.close();
  await server.close();
  rmSync(root, { recursive: true, force: true });
});

const part = () => join(root, 'files', 'file.bin.sluice');

/** A download of which the first half is journalled. */
async function half(): Promise<string> {
  const id = addOne(engine, { url: server.url, connections: 1 });
  await until(engine, id, ({ state }, done) => state.kind === 'running' && done > MIB);
  return id;
}

async function paused(): Promise<string> {
  const id = await half();
  engine.pause([id]);
  await until(engine, id, ({ state }) => state.kind === 'paused');
  return id;
}

async function swap(): Promise<void> {
  await rm(part());
  await writeFile(part(), FOREIGN);
}

test('while it runs: the other file does not become the finished one', async () => {
  const id = await half();
  await swap();
  server.set({ held: null });
  expect((await reaches(engine, id, 'attention')).state).toMatchObject({ failure: { code: 'part-missing' } });
  expect(await readFile(part(), 'utf8')).toBe(FOREIGN);
});

test('while it was paused: nothing is written into the other file', async () => {
  const id = await paused();
  await swap();
  server.set({ held: null });
  engine.resume([id]);
  expect((await reaches(engine, id, 'attention')).state).toMatchObject({ failure: { code: 'part-missing' } });
  expect(await readFile(part(), 'utf8')).toBe(FOREIGN);
});

test('a job that is removed with its files leaves the other file alone', async () => {
  const id = await paused();
  await swap();
  await engine.remove([id], true);
  expect(await readFile(part(), 'utf8')).toBe(FOREIGN);
});
