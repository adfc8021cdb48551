/** The servers under test, with the same files. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openShares } from '../../electron/engine/serve/index.ts';
import { startNginx } from '../bench/nginx.ts';
import { certificateFiles } from '../servers/certificate.ts';
import { serveWorld } from '../servers/serve-world.ts';
import { files, type FileName } from './case.ts';
import { writeFiles } from './content.ts';
import type { Subject } from './run-case.ts';

function folderOfFiles(): { folder: string; root: string } {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-conformance-'));
  const root = join(folder, 'files');
  writeFiles(root);
  return { folder, root };
}

/** Sluice, each file a share of its own. */
export async function sluice(): Promise<Subject> {
  const { folder, root } = folderOfFiles();
  const shares = openShares(serveWorld(join(folder, 'home')), {
    bug: (error) => {
      throw error;
    },
  });
  const paths = new Map<FileName, URL>();
  for (const name of Object.keys(files) as FileName[]) {
    const { links } = await shares.add({ target: { kind: 'file', path: join(root, name) }, options: {} });
    paths.set(name, new URL(links[0] ?? ''));
  }
  return {
    name: 'Sluice',
    port: Number(paths.get('data.bin')?.port),
    path: (file) => paths.get(file)?.pathname ?? '/',
    async [Symbol.asyncDispose]() {
      await shares.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** nginx as Debian packages it. */
export async function nginx(): Promise<Subject> {
  const { folder, root } = folderOfFiles();
  const certificate = await certificateFiles();
  const server = await startNginx(root, join(folder, 'nginx'), certificate);
  return {
    name: 'nginx',
    port: server.httpPort,
    path: (file) => `/${file}`,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      certificate[Symbol.dispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
