/** What becomes of an export's files between its runs: deleted, or moved to another folder. */
import { linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ExportFile, ExportJournal } from '../../electron/engine/export/index.ts';
import { inodeMark } from '../../electron/engine/files/index.ts';
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
  return {
    name,
    rows: 1,
    bytes: 4,
    table,
    inode: inodeMark(statSync(at, { bigint: true })),
    endsTable: how === 'finished',
  };
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
async function stopped(
  request: Partial<ExportRequest>,
  journal: () => ExportJournal,
  why = failure('disk-full', { folder: world.files, free: '0 B', needed: 'more' }),
): Promise<string> {
  const source: ExportSource = { kind: 'table', schema: 'public', name: 'rows', columns: null, where: null };
  const format = { kind: 'ndjson' } as const;
  const id = world.jobs.addExport({ connection: 'c1', source, format, compression: 'none', ...request }, profile);
  await until(() => world.exports.runs.has(id));
  world.exports.tell(id, { kind: 'started', journal: journal() });
  world.exports.tell(id, { kind: 'ended', outcome: { kind: 'attention', failure: why } });
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
    expect(world.jobs.fileOf(id)).toBe(join(world.files, 'all/public.a'));
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

test('starting over deletes the finished files, but not what somebody put in the place of one', async () => {
  const files = () => ['rows-0001', 'rows-0002'].map((name) => made(name, 'finished'));
  const part = () => made('rows-0003', 'part');
  const missing = failure('part-missing', { part: 'rows-0003.sluice' });
  const id = await stopped({ split: { rows: 5 } }, () => journalOf('rows', [...files(), part()]), missing);
  renameSync(join(world.files, 'rows-0001'), join(world.files, 'taken'));
  writeFileSync(join(world.files, 'rows-0001'), 'mine');
  await world.jobs.decide(id, 'start-over');
  await until(() => world.exports.runs.has(id));
  expect(list()).toEqual(['rows-0001', 'taken']);
  expect(readFileSync(join(world.files, 'rows-0001'), 'utf8')).toBe('mine');
});

describe('another folder for an export that stopped', () => {
  const other = () => join(world.files, '..', 'other');
  const split = { rows: 5 };

  /** Runs it in the other folder, and resolves to the journal that it goes on from. */
  async function moved(id: string): Promise<ExportJournal | null | undefined> {
    await world.jobs.decide(id, 'change-folder', { folder: other() });
    await until(() => world.exports.runs.has(id));
    return world.exports.runs.get(id)?.resume;
  }

  test('takes its unfinished file along', async () => {
    const id = await stopped({}, () => journalOf('rows', [made('rows', 'part')]));
    mkdirSync(other());
    writeFileSync(join(other(), 'rows'), 'a stranger');
    expect(await moved(id)).toMatchObject({ name: 'rows (1)', files: [{ name: 'rows (1)' }] });
    expect([list(), list(other())]).toEqual([[], ['rows', 'rows (1).sluice']]);
    expect(readFileSync(join(other(), 'rows (1).sluice'), 'utf8')).toBe('rows');
  });

  test('keeps the name that the next files of a split one are made of', async () => {
    const id = await stopped({ name: 'rows', split }, () => journalOf('rows', [made('rows-0001', 'part')]));
    expect(await moved(id)).toMatchObject({ name: 'rows', files: [{ name: 'rows-0001' }] });
    expect(world.jobs.get(id).name).toBe('rows');
  });

  test('of several tables takes their folder along, under a name that is free there', async () => {
    const id = await stopped({ source: tables }, () => journalOf('all', [made('all/public.a', 'part')]));
    mkdirSync(join(other(), 'all'), { recursive: true });
    expect(await moved(id)).toMatchObject({ name: 'all (1)', files: [{ name: 'all (1)/public.a' }] });
    expect([list(), list(other())]).toEqual([[], ['all', 'all (1)', 'all (1)/public.a.sluice']]);
  });

  test('begins anew where nothing of it can be gone on with', async () => {
    const id = await stopped({ source: tables }, () => journalOf('all', [made('all/public.a', 'part')], null));
    expect(await moved(id)).toBeNull();
    expect([list(), list(other())]).toEqual([[], []]);
  });

  test.each([
    ['the part file', (folder: string) => rmSync(join(folder, 'all/public.a.sluice'))],
    ['the drive', (folder: string) => rmSync(folder, { recursive: true })],
  ])('begins anew where %s is gone, and says so', async (_name, lose) => {
    const id = await stopped({ source: tables }, () => journalOf('all', [made('all/public.a', 'part')]));
    lose(world.files);
    expect(await moved(id)).toBeNull();
    expect(list(other())).toEqual([]);
    expect(
      world.jobs
        .detail(id)
        .activity.map(({ text }) => text)
        .join(),
    ).toContain('could not be found');
  });

  test('is refused where finished files would be left behind, and begins anew where they are gone', async () => {
    const files = () => [made('rows-0001', 'finished'), made('rows-0002', 'part')];
    const id = await stopped({ split }, () => journalOf('rows', files()));
    await expect(moved(id)).rejects.toMatchObject({ code: 'bad-input' });
    rmSync(world.files, { recursive: true });
    expect(await moved(id)).toBeNull();
  });
});

test('a certificate of a database is not to be allowed for the downloads from its host', async () => {
  const params = { host: 'db.example.com', reason: 'it is expired', subject: 'a', issuer: 'b', fingerprint: 'AB:CD' };
  const id = await stopped({}, () => journalOf('rows', [made('rows', 'part')]), failure('database-untrusted', params));
  expect(world.jobs.get(id).state).toMatchObject({ kind: 'attention', choices: ['retry', 'keep'] });
  await expect(world.jobs.decide(id, 'trust')).rejects.toMatchObject({ code: 'not-in-this-state' });
  expect(world.downloads.trusted).toEqual({});
});
