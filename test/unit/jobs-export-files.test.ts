/** What becomes of an export's files between its runs: deleted, or moved to another folder. */
import { linkSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ExportFile, ExportJournal } from '../../electron/engine/export/index.ts';
import type { ConnectionProfile, ExportSource } from '../../shared/database.ts';
import type { ExportRequest } from '../../shared/export.ts';
import { failure } from '../../shared/failure.ts';
import { createWorld, target, until, type World } from './jobs-world.ts';

let world: World;
beforeEach(() => {
  world = createWorld();
});
afterEach(() => world.close());

const { password: _, sshPassword: __, ...fields } = target;
const profile: ConnectionProfile = { ...fields, hasPassword: false, hasSshPassword: false, sample: false };
const tables: ExportSource = {
  kind: 'tables',
  tables: [
    { schema: 'public', name: 'a' },
    { schema: 'public', name: 'b' },
  ],
};

/** Writes a file of an export, under its part name or its own. */
function made(name: string, how: 'part' | 'finished', table = 0): ExportFile {
  const path = join(world.files, name);
  mkdirSync(dirname(path), { recursive: true });
  const at = how === 'part' ? `${path}.sluice` : path;
  writeFileSync(at, 'rows');
  return { name, rows: 1, bytes: 4, table, inode: String(statSync(at).ino), endsTable: how === 'finished' };
}

function journalOf(name: string, files: readonly ExportFile[], bytes: number | null = 4): ExportJournal {
  return {
    name,
    files,
    resumability: 'key',
    key: ['id'],
    columns: [],
    checkpoint: bytes === null ? null : { at: 1, rows: 1, bytes, after: ['1'], encoder: null, compressor: null },
    expected: null,
    newerSnapshot: false,
  };
}

/** An export that stopped with this journal, and asks. */
async function stopped(request: Partial<ExportRequest>, journal: () => ExportJournal): Promise<string> {
  const source: ExportSource = { kind: 'table', schema: 'public', name: 'rows', columns: null, where: null };
  const format = { kind: 'ndjson' } as const;
  const id = world.jobs.addExport({ connection: 'c1', source, format, compression: 'none', ...request }, profile);
  await until(() => world.exports.runs.has(id));
  world.exports.tell(id, { kind: 'started', journal: journal() });
  const full = failure('disk-full', { folder: world.files, free: '0 B', needed: 'more' });
  world.exports.tell(id, { kind: 'ended', outcome: { kind: 'attention', failure: full } });
  return id;
}

const list = (folder = world.files) => (readdirSync(folder, { recursive: true }) as string[]).toSorted();

describe('deleting what a stopped export left', () => {
  const several = () => journalOf('all', [made('all/public.a', 'finished'), made('all/public.b', 'part', 1)]);

  test('takes finished files, the unfinished one, and the folder', async () => {
    const id = await stopped({ source: tables }, several);
    await world.jobs.remove([id], true);
    expect(list()).toEqual([]);
  });

  test('leaves a folder in which there is something else', async () => {
    const id = await stopped({ source: tables }, several);
    writeFileSync(join(world.files, 'all/notes'), 'mine');
    await world.jobs.remove([id], true);
    expect(list()).toEqual(['all', 'all/notes']);
  });

  test('takes a table that is whole while the next has not begun', async () => {
    const id = await stopped({ source: tables }, () => journalOf('all', [made('all/public.a', 'finished')]));
    await world.jobs.remove([id], true);
    expect(list()).toEqual([]);
  });

  test.each(['rename', 'link'] as const)(
    'takes a file that had its name when the journal did not know (%s)',
    async (how) => {
      const id = await stopped({}, () => journalOf('rows', [made('rows', 'part')]));
      writeFileSync(join(world.files, 'rows'), 'a stranger');
      (how === 'rename' ? renameSync : linkSync)(join(world.files, 'rows.sluice'), join(world.files, 'rows (1)'));
      await world.jobs.remove([id], true);
      expect(list()).toEqual(['rows']);
      expect(readFileSync(join(world.files, 'rows'), 'utf8')).toBe('a stranger');
    },
  );
});
