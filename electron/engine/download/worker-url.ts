/**
 * Where a worker thread's code lies: beside this file as TypeScript in the checkout, beside the bundle as JavaScript
 * once built (vite.config.ts makes each worker an entry of its own in the same folder).
 */
export function workerUrl(name: 'transfer-worker' | 'hash-worker'): URL {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return new URL(`./${name}.${extension}`, import.meta.url);
}
