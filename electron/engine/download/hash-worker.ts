/**
 * A thread that hashes a file behind its writer: the transfer thread never spends its time on it (SHA-256 runs at
 * 1.8 GB/s, inline it would cost the transfer all of that). It reads what the page cache still holds.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs/promises';
import { parentPort, workerData } from 'node:worker_threads';
import type { HashReply, HashRequest } from './hash-follower.ts';

// Electron's fs takes files named *.asar for folders; to this thread they are files like any other.
(process as { noAsar?: boolean }).noAsar = true;

const STEP = 1024 * 1024;
const { path, algorithm } = workerData as { path: string; algorithm: string };
const port = parentPort;
if (!port) throw new Error('This file is a worker thread');

const reply = (message: HashReply) => port.postMessage(message);
const hash = createHash(algorithm.replace('-', ''));
const buffer = Buffer.allocUnsafeSlow(STEP);
let frontier = 0;
let size = Infinity;
let at = 0;
let wake: () => void = () => {};

port.on('message', (request: HashRequest) => {
  frontier = request.frontier;
  size = request.size ?? size;
  wake();
});

async function follow(): Promise<string> {
  const file = await fs.open(path, 'r');
  try {
    let told = 0;
    while (at < size) {
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
      hash.update(buffer.subarray(0, bytesRead));
      at += bytesRead;
      if (at - told >= 16 * STEP) {
        told = at;
        reply({ kind: 'progress', bytes: at });
      }
    }
    return hash.digest('hex');
  } finally {
    await file.close();
  }
}

follow()
  .then((digest) => reply({ kind: 'digest', digest }))
  .catch((error: unknown) => reply({ kind: 'error', message: error instanceof Error ? error.message : String(error) }))
  .finally(() => port.close());
