import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../servers/random.ts';
import { injectDisk, mountSmallDisk, type Disk } from './small-disk.ts';

const DISK = 384 << 20;

/** Where a round's files lie. */
export interface Places {
  readonly home: string;
  /** Where files go, and where they may be moved. */
  readonly folders: readonly [string, string];
  readonly disk: Disk | null;
}

/** Where the round's files lie: on the machine's disk, or on one that can be filled, the store perhaps too. */
export function choosePlaces(random: Random, root: string, stack: AsyncDisposableStack): Places {
  const onDisk = random.weighted([
    ['nothing', 4],
    ['files', 1],
    ['all', 1],
    ['files, injected', 3],
  ]);
  const path = join(root, 'disk');
  let disk: Disk | null = null;
  if (onDisk !== 'nothing') {
    const mounted = onDisk === 'files, injected' ? null : mountSmallDisk(path, DISK);
    if (mounted) stack.use(mounted);
    disk = mounted ?? injectDisk(path);
  }
  const isAll = onDisk === 'all' && disk?.env === undefined;
  const folders = [join(disk ? path : root, 'files'), join(root, 'elsewhere')] as const;
  for (const folder of folders) mkdirSync(folder);
  return { home: join(isAll ? path : root, 'home'), folders, disk };
}
