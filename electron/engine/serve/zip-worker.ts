/**
 * The archive thread. An archive of small files is mostly opening them, and summing them up: done here, in one blocking
 * call after the other, it costs a fifth of what it costs through the pool of threads, and nothing of the loop's time.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { parentPort } from 'node:worker_threads';
import { crc32 } from 'node:zlib';
import { placeOf } from './real-place.ts';
import type { ZipReply, ZipRequest } from './zip-thread.ts';
import { entryVersion, MOST_ENTRIES, walkFolder, ZipTag } from './zip-walk.ts';
import type { Archived } from './zip-plan.ts';

/** Entries that are told at once: whoever takes them has other work. */
const BATCH = 2_000;

// Electron's fs takes files named *.asar for folders; to this thread they are files like any other.
(process as { noAsar?: boolean }).noAsar = true;

const port = parentPort;
if (!port) throw new Error('This file is a worker thread');
const reply = (message: ZipReply) => port.postMessage(message);

async function list({ number, folder, names, hidden }: Extract<ZipRequest, { kind: 'list' }>): Promise<void> {
  const tag = new ZipTag();
  let batch: Archived[] = [];
  let count = 0;
  for (const entry of walkFolder(folder, names, hidden)) {
    count += 1;
    if (count > MOST_ENTRIES) return reply({ kind: 'too-many', number });
    tag.add(entry);
    batch.push(entry);
    if (batch.length < BATCH) continue;
    reply({ kind: 'entries', number, entries: batch });
    batch = [];
    // Other archives are being read meanwhile.
    await setImmediate();
  }
  reply({ kind: 'entries', number, entries: batch });
  reply({ kind: 'listed', number, tag: tag.toString() });
}

function read({ number, target, pieces }: Extract<ZipRequest, { kind: 'read' }>): void {
  const crcs = pieces.map(({ path, version, offset, from, to, crc }) => {
    const into = target.subarray(from, to);
    readVersion(path, version, into, offset);
    return crc === null ? null : crc32(into, crc);
  });
  reply({ kind: 'read', number, crcs });
}

/** Reads the very version of the file that was planned with. Never waits for a FIFO that took its place. */
function readVersion(path: string, version: string, into: Uint8Array, offset: number): void {
  const { O_RDONLY, O_NONBLOCK, O_NOFOLLOW } = constants;
  const fd = openSync(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
  try {
    if ((placeOf(fd) ?? path) !== path) throw new Error('A file is not where it was');
    for (let done = 0; done < into.length;) {
      const bytes = readSync(fd, into, done, into.length - done, offset + done);
      if (bytes === 0) throw new Error('A file became shorter');
      done += bytes;
    }
    // Neither before nor while it was read.
    requireVersion(fd, version);
  } finally {
    closeSync(fd);
  }
}

function requireVersion(fd: number, version: string): void {
  const stats = fstatSync(fd, { bigint: true });
  if (!stats.isFile() || entryVersion(stats) !== version) throw new Error('A file changed after its archive was begun');
}

port.on('message', (request: ZipRequest) => {
  if (request.kind === 'close') return port.close();
  const failed = (error: unknown) =>
    reply({ kind: 'failed', number: request.number, message: error instanceof Error ? error.message : String(error) });
  if (request.kind === 'list') return void list(request).catch(failed);
  try {
    read(request);
  } catch (error) {
    failed(error);
  }
});
