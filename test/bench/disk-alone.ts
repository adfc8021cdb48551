/**
 * The floor under every download that is on the disk when it ends: the same bytes from the page cache, written as Sluice
 * writes them (8 MiB on their way, made durable every 32 MiB), and nothing else. Prints seconds until all is on the disk.
 *
 * `node test/bench/disk-alone.ts FROM TO`
 */
import { open } from 'node:fs/promises';

const STEP = 1 << 20;
const WRITERS = 8;
const SYNC_EVERY = 32 * STEP;

const [from = '', to = ''] = process.argv.slice(2);
await using source = await open(from);
const { size } = await source.stat();
const began = performance.now();
await using target = await open(to, 'w');
let next = 0;
let unsynced = 0;
let syncing: Promise<void> | null = null;

async function copy(): Promise<void> {
  const buffer = Buffer.allocUnsafeSlow(STEP);
  while (next < size) {
    const at = next;
    next += STEP;
    const { bytesRead } = await source.read(buffer, 0, STEP, at);
    await target.write(buffer, 0, bytesRead, at);
    unsynced += bytesRead;
    if (unsynced < SYNC_EVERY || syncing) continue;
    unsynced = 0;
    syncing = target.datasync().finally(() => {
      syncing = null;
    });
  }
}

await Promise.all(Array.from({ length: WRITERS }, copy));
await target.datasync();
console.log((performance.now() - began) / 1000);
