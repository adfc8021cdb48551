import { Worker } from 'node:worker_threads';
import { SluiceError } from '../../../shared/failure.ts';
import { endGently } from '../flow/index.ts';
import type { Digests, HashFollower } from './finish.ts';
import { workerUrl } from './worker-url.ts';

/** To the hash thread: what may be read, and the size once it is final. */
export type HashRequest =
  | { readonly kind: 'advance'; readonly frontier: number; readonly size?: number }
  /** The digest is not wanted any more. */
  | { readonly kind: 'close' };

/** From the hash thread. */
export type HashReply =
  | { readonly kind: 'progress'; readonly bytes: number }
  | { readonly kind: 'digest'; readonly digests: Digests }
  | { readonly kind: 'error'; readonly message: string };

/** Starts a thread that hashes `path` as its bytes become readable. */
export function hashFollower(
  path: string,
  algorithm: string,
  pieces: { readonly length: number; readonly algorithm: string } | null,
): HashFollower {
  const worker = new Worker(workerUrl('hash-worker'), {
    workerData: {
      path,
      algorithm,
      pieceLength: pieces?.length ?? null,
      pieceAlgorithm: pieces?.algorithm ?? algorithm,
    },
    name: 'sluice-hash',
  });
  const { promise, resolve, reject } = Promise.withResolvers<Digests>();
  // Nobody may be waiting yet when it fails; whoever asks for the digest gets the error.
  promise.catch(() => {});
  let onProgress: (bytes: number) => void = () => {};
  let sent = 0;
  worker.on('message', (reply: HashReply) => {
    if (reply.kind === 'progress') onProgress(reply.bytes);
    else if (reply.kind === 'digest') resolve(reply.digests);
    else reject(new SluiceError('disk-error', { detail: reply.message }));
  });
  worker.on('error', reject);
  return {
    advance(frontier) {
      if (frontier - sent < 1024 * 1024) return;
      sent = frontier;
      worker.postMessage({ kind: 'advance', frontier } satisfies HashRequest);
    },
    digest(size, progress) {
      onProgress = progress;
      sent = size;
      worker.postMessage({ kind: 'advance', frontier: size, size } satisfies HashRequest);
      return promise;
    },
    close() {
      void endGently(worker);
    },
  };
}
