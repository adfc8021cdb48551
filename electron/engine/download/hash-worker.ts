/**
 * A thread that hashes files behind their writers: the transfer thread never spends its time on it (SHA-256 runs at
 * 1.8 GB/s, inline it would cost the transfer all of that). It hashes the memory that was received into where it has come as
 * far as that, else it reads what was written.
 */
import { parentPort } from 'node:worker_threads';
import type { HashReply, HashRequest } from './hash-thread.ts';
import { RunningHash } from './running-hash.ts';

const port = parentPort;
if (!port) throw new Error('This file is a worker thread');
const reply = (message: HashReply) => port.postMessage(message);
const running = new Map<number, RunningHash>();

port.on('message', (request: HashRequest) => {
  switch (request.kind) {
    case 'follow': {
      const { number, job } = request;
      const hash = new RunningHash(job, (progress) => reply({ kind: 'progress', number, progress }));
      running.set(number, hash);
      hash.run().then(
        (digests) => reply({ kind: 'digest', number, digests }),
        (error: unknown) =>
          reply({ kind: 'error', number, message: error instanceof Error ? error.message : String(error) }),
      );
      return;
    }
    case 'advance':
      running.get(request.number)?.advance(request.frontier, request.size);
      return;
    case 'feed':
      running.get(request.number)?.feed(request.position, request.bytes);
      return;
    case 'drop':
      running.get(request.number)?.drop();
      running.delete(request.number);
      return;
    case 'close':
      // What still reads ends by itself, and the thread with it.
      for (const hash of running.values()) hash.drop();
      port.close();
      return;
  }
});
