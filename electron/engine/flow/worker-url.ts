/**
 * Where a worker thread's code lies: beside the file that asks as TypeScript in the checkout, beside the bundle as
 * JavaScript once built (vite.config.ts makes each worker an entry of its own in the same folder).
 * @param base `import.meta.url` of the file that asks
 */
export function workerUrl(name: 'transfer-worker' | 'hash-worker' | 'export-worker' | 'zip-worker', base: string): URL {
  return new URL(`./${name}.${base.endsWith('.ts') ? 'ts' : 'js'}`, base);
}
