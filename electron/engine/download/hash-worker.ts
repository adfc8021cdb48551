/**
 * A thread that hashes a file behind its writer: the transfer thread never spends its time on it (SHA-256 runs at
 * 1.8 GB/s, inline it would cost the transfer all of that). It reads what the page cache still holds.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs/promises';
import { parentPort, workerData } from 'node:worker_threads';
import type { Digests } from './finish.ts';
import type { HashReply, HashRequest } from './hash-follower.ts';

// Electron's fs takes files named *.asar for folders; to this thread they are files like any other.
(process as { noAsar?: boolean }).noAsar = true;

const STEP = 1024 * 1024;
const { path, algorithm, pieceLength, pieceAlgorithm } = workerData as {
  path: string;
  algorithm: string;
  pieceLength: number | null;
  /** Metalink documents often have one for the whole and another for the pieces. */
  pieceAlgorithm: string;
};
const port = parentPort;
if (!port) throw new Error('This file is a worker thread');

const reply = (message: HashReply) => port.postMessage(message);
const named = (name: string) => createHash(name.replace('-', ''));
const hash = named(algorithm);
let piece = named(pieceAlgorithm);
const pieces: string[] = [];
const buffer = Buffer.allocUnsafeSlow(STEP);
let frontier = 0;
let size = Infinity;
let at = 0;
let closed = false;
let wake: () => void = () => {};

port.on('message', (request: HashRequest) => {
  if (request.kind === 'close') {
    closed = true;
  } else {
    frontier = request.frontier;
    size = request.size ?? size;
  }
  wake();
});

/** Feeds the whole's hash, and the pieces' where they are wanted. */
function update(bytes: Buffer): void {
  hash.update(bytes);
  if (pieceLength === null) return;
  let done = 0;
  while (done < bytes.length) {
    const left = pieceLength - ((at + done) % pieceLength);
    const n = Math.min(left, bytes.length - done);
    piece.update(bytes.subarray(done, done + n));
    done += n;
    if (n === left) endPiece();
  }
}

function endPiece(): void {
  pieces.push(piece.digest('hex'));
  piece = named(pieceAlgorithm);
}

async function follow(): Promise<Digests> {
  const file = await fs.open(path, 'r');
  try {
    let told = 0;
    while (at < size) {
      if (closed) throw new Error('The digest is not wanted any more');
      const ready = Math.min(frontier, size) - at;
      // Whole steps while it grows; what is left over once the end is known.
      if (ready < STEP && size === Infinity) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      const { bytesRead } = await file.read(buffer, 0, Math.min(STEP, ready), at);
      if (bytesRead === 0) throw new Error('The file is shorter than it was');
      update(buffer.subarray(0, bytesRead));
      at += bytesRead;
      if (at - told >= 16 * STEP) {
        told = at;
        reply({ kind: 'progress', bytes: at });
      }
    }
    if (pieceLength !== null && at % pieceLength > 0) endPiece();
    return { whole: hash.digest('hex'), pieces };
  } finally {
    await file.close();
  }
}

follow()
  .then((digests) => reply({ kind: 'digest', digests }))
  .catch((error: unknown) => reply({ kind: 'error', message: error instanceof Error ? error.message : String(error) }))
  .finally(() => port.close());
