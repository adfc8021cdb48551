/** What a power cut, or a bad disk, does to the end of a file. Only while no process has the store open. */
import { closeSync, existsSync, fstatSync, ftruncateSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../servers/random.ts';

/** Tears the store of a home folder; what was done, in words, or null where there was nothing to tear. */
export function tearStore(home: string, random: Random): string | null {
  const name = random.weighted([
    ['store.db-wal', 4],
    ['store.db', 1],
    ['both', 1],
  ]);
  if (name !== 'both') return tear(home, name, random);
  // The log alone brings the pages back that the database lost; without it the store cannot be read.
  rmSync(join(home, 'store.db-wal'), { force: true });
  const torn = tear(home, 'store.db', random);
  return torn === null ? null : `${torn}, and its log is gone`;
}

function tear(home: string, name: string, random: Random): string | null {
  const path = join(home, name);
  if (!existsSync(path)) return null;
  const fd = openSync(path, 'r+');
  try {
    const { size } = fstatSync(fd);
    if (size === 0) return null;
    const lost = random.int(1, Math.min(size, 64 * 1024));
    if (random.chance(0.5)) {
      ftruncateSync(fd, size - lost);
      return `${name} lost its last ${lost} bytes`;
    }
    const byte = random.int(0, 255);
    writeSync(fd, Buffer.alloc(lost, byte), 0, lost, size - lost);
    return `the last ${lost} bytes of ${name} became ${byte}`;
  } finally {
    closeSync(fd);
  }
}
