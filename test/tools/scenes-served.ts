/** What somebody sees who opens a link: the pages that Sluice itself serves, from a real share. */
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openShares } from '../../electron/engine/serve/open-shares.ts';
import { databaseEngine } from '../component/database-samples.ts';
import { sampleNow } from '../component/samples.ts';
import { serveWorld } from '../servers/serve-world.ts';
import type { Scene, Stage } from './stage.ts';

/** Names and sizes of what is in the folder. */
const files: Readonly<Record<string, number>> = {
  'Programme.pdf': 1_240_000,
  'group-photo.jpg': 3_900_000,
  'keynote.mp4': 48_000_000,
  'readme.txt': 1_800,
  'survey-results.csv': 640_000,
  'Übersicht 2026 – Räume und Zeiten.xlsx': 82_000,
};

const phone = { width: 390, height: 760, zoom: 1 } as const;

/** Browsers ask for an icon, which there is none of; and a page that asks for a password is no success. */
const unasked = /status of 40[34]/;

interface SharedFolder {
  readonly uploads?: boolean;
  readonly password?: string;
}

/** Shares a folder for as long as the page is open, and follows its link. */
async function openFolder({ page }: Stage, { uploads = false, password }: SharedFolder): Promise<void> {
  const base = mkdtempSync(join(tmpdir(), 'sluice-scene-'));
  const folder = join(base, 'Conference');
  mkdirSync(join(folder, 'Talks'), { recursive: true });
  for (const [name, size] of Object.entries(files)) writeFileSync(join(folder, name), Buffer.alloc(size));
  for (const name of [...Object.keys(files), 'Talks']) {
    utimesSync(join(folder, name), sampleNow / 1000, sampleNow / 1000 - 86_400);
  }
  const shares = openShares(serveWorld(join(base, 'home'), {}));
  page.once('close', () => void shares.close().finally(() => rmSync(base, { recursive: true, force: true })));
  const { links } = await shares.add({
    target: { kind: 'folder', path: folder, hidden: false, uploads, uploadQuota: null },
    options: {},
    ...(password !== undefined && { password }),
  });
  await page.goto(links[0] ?? '');
}

export const servedScenes: readonly Scene[] = [
  {
    name: 'served-folder-phone',
    ...phone,
    engine: databaseEngine,
    expected: unasked,
    act: async (stage) => {
      await openFolder(stage, {});
      await stage.page.getByRole('link', { name: 'keynote.mp4' }).waitFor();
    },
  },
  {
    name: 'served-folder-uploads',
    engine: databaseEngine,
    expected: unasked,
    act: async (stage) => {
      await openFolder(stage, { uploads: true });
      await stage.page.getByRole('link', { name: 'keynote.mp4' }).waitFor();
    },
  },
  {
    name: 'served-login-phone',
    ...phone,
    engine: databaseEngine,
    expected: unasked,
    act: async (stage) => {
      await openFolder(stage, { password: 'quiet please' });
      await stage.page.getByLabel('Password').fill('wrong');
      await stage.page.keyboard.press('Enter');
      await stage.page.getByRole('alert').waitFor();
    },
  },
];
