/** What the serve bench measures of shares that are more than a file: folders as ZIP archives and as pages, remotes. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { generatedBytes } from '../servers/generated-bytes.ts';
import { median } from './report.ts';
import { firstByte, stopAfter } from './serve-load.ts';
import { measureDrains } from './serve-phases.ts';
import type { ServeFigures } from './serve-report.ts';
import { currentRss, startNginxServer, type Place, type Server, type SluiceServer } from './serve-servers.ts';

const ZIP_FILES = 10_000;
const LISTED_FILES = 100_000;
/** Bytes that a reader of a proxy takes before it stops. */
const TAKEN = 64 * 2 ** 20;

const folderOf = (path: string) =>
  ({ kind: 'folder', path, hidden: false, uploads: false, uploadQuota: null }) as const;

/** What is still to be written to the disk would be written while something is measured. */
const settle = () => void spawnSync('sync');

/** A folder of small files as one archive, beside the plain transfer of as many bytes. */
export async function measureZip(
  sluice: SluiceServer,
  nginx: Server,
  work: string,
  size: number,
  rounds: number,
): Promise<ServeFigures['zip']> {
  const folder = join(work, 'many');
  const each = Math.floor(size / ZIP_FILES);
  const source = generatedBytes();
  for (let n = 0; n < ZIP_FILES; n += 1) {
    const inside = join(folder, String(n % 100));
    if (n < 100) mkdirSync(inside, { recursive: true });
    writeFileSync(join(inside, `${n}.bin`), source.read(n * each, (n + 1) * each));
  }
  settle();
  const shared = await sluice.share(folderOf(folder));
  const place = { ...shared, path: `${shared.path}?zip=1` };
  // Another version of every file: nothing that was learnt of the last holds.
  const touch = () => {
    for (const path of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (path.isFile()) utimesSync(join(path.parentPath, path.name), new Date(), new Date());
    }
  };
  const rows = [
    { name: 'Sluice: ZIP', server: sluice, place, before: touch },
    { name: 'Sluice: ZIP, once more', server: sluice, place },
    { name: 'Sluice: one file', server: sluice, place: sluice },
    { name: 'nginx: one file', server: nginx, place: nginx },
  ];
  const measured = await measureDrains(rows, rounds);
  return measured.map((figures, index) => ({ ...figures, name: rows[index]!.name }));
}

/** A remote share beside the direct download, and beside nginx as a proxy; and what a reader that stops leaves behind. */
export async function measureProxy(
  sluice: SluiceServer,
  origin: Server,
  work: string,
  rounds: number,
): Promise<ServeFigures['proxy']> {
  const url = `http://127.0.0.1:${origin.port}${origin.path}`;
  const remote = await sluice.share({ kind: 'remote', url, cache: 0 });
  await using proxy = await startNginxServer('nginx: proxy_pass', work, join(work, 'nginx-proxy'), '/proxied', {
    // Nothing is stored on the way, as Sluice stores nothing.
    locations: `location /proxied { proxy_pass ${url}; proxy_http_version 1.1; proxy_max_temp_file_size 0; }`,
  });
  const rows = [
    { name: 'direct', server: origin, place: origin },
    { name: 'Sluice', server: sluice, place: remote },
    { name: proxy.name, server: proxy, place: proxy },
  ];
  const before = currentRss(sluice);
  const measured = await measureDrains(rows, rounds);
  const grown = currentRss(sluice) - before;
  const { held, drift } = await measureStop(sluice, remote);
  return measured.map((figures, index) => ({
    ...figures,
    name: rows[index]!.name,
    ...(rows[index]!.server === sluice ? { grown, held, drift } : {}),
  }));
}

/** Bytes that a proxy holds for a reader that stopped, and how many more it reads while that stands still. */
async function measureStop(sluice: SluiceServer, remote: Place): Promise<{ held: number; drift: number }> {
  const idle = await sluice.flow();
  const socket = await stopAfter(remote, TAKEN);
  // Until the kernel's buffers are full.
  await sleep(2_000);
  const stopped = await sluice.flow();
  await sleep(2_000);
  const later = await sluice.flow();
  socket.destroy();
  const held = stopped.read - idle.read - (stopped.written - idle.written);
  return { held, drift: later.read - stopped.read };
}

/** The pages of a folder with very many files. */
export async function measureListing(
  sluice: SluiceServer,
  work: string,
  rounds: number,
): Promise<ServeFigures['listing']> {
  const folder = join(work, 'listed');
  mkdirSync(folder);
  for (let n = 0; n < LISTED_FILES; n += 1) writeFileSync(join(folder, `file ${n}.txt`), '');
  settle();
  await using nginx = await startNginxServer(
    'nginx: autoindex, all on one page',
    work,
    join(work, 'nginx-list'),
    '/listed/',
    {
      locations: 'location /listed/ { autoindex on; }',
    },
  );
  const shared = await sluice.share(folderOf(folder));
  const page = (query: string): Place => ({ ...shared, path: `${shared.path}${query}` });
  const rows = [
    { name: 'Sluice: by name', server: sluice, place: page('') },
    { name: 'Sluice: by size, page 100', server: sluice, place: page('?sort=size&page=100') },
    { name: nginx.name, server: nginx, place: nginx },
  ];
  const result = [];
  for (const { name, server, place } of rows) {
    const before = currentRss(server);
    const cold = await firstByte(place);
    const warm = [];
    for (let round = 0; round < rounds * 10; round += 1) warm.push(await firstByte(place));
    const grown = currentRss(server) - before;
    result.push({ name, cold, first: median(warm) ?? 0, worst: Math.max(...warm), grown });
  }
  return result;
}
