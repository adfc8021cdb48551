/** What the system keeps of files in memory. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openDirect } from '../../electron/engine/files/index.ts';

/** Whether files in a folder can be written around the page cache. */
export async function canBypassCache(parent: string): Promise<boolean> {
  const folder = await mkdtemp(join(parent, 'sluice-direct-'));
  await using handle = await open(join(folder, 'file'), 'w+');
  await using direct = await openDirect(handle);
  await rm(folder, { recursive: true });
  return direct !== null;
}

/** Bytes of a file that are in the page cache (fincore(1), of util-linux). */
export function cachedBytes(file: string): number {
  return Number(execFileSync('fincore', ['--bytes', '--noheadings', '--output', 'RES', file], { encoding: 'utf8' }));
}
