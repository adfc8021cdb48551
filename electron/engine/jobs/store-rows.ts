/** Jobs as rows of the store. Columns are those of downloads; what other kinds have is one JSON value, `work`. */
import type { SQLOutputValue } from 'node:sqlite';
import { transitions } from '../../../shared/job-state.ts';
import { priorities, type Checksum, type JobState } from '../../../shared/job.ts';
import type { CaptureJournal } from '../capture/index.ts';
import type { DownloadJournal } from '../download/index.ts';
import type { ExportJournal } from '../export/index.ts';
import type { CapturePlan, CaptureRecord, DownloadRecord, ExportPlan, ExportRecord, JobRecord } from './job-record.ts';
import type { OtherLink } from './links.ts';

export type Row = Record<string, SQLOutputValue>;

/** What the store says is no job. */
export class CorruptStoreError extends Error {
  override readonly name = 'CorruptStoreError';
}

/** The columns of a job, in the order of `toRow`. */
export const columns = [
  'id',
  'position',
  'created_at',
  'url',
  'headers',
  'has_secrets',
  'wanted_name',
  'name',
  'folder',
  'connections',
  'rate_limit',
  'checksum',
  'state',
  'size',
  'journal',
  'inode',
  'priority',
  'start_at',
  'mirrors',
  'find_checksum',
  'other_link',
  'secrets_origin',
  'from_metalink',
  'expected_size',
  'kind',
  'work',
  'plain_http',
] as const;

type Column = (typeof columns)[number];
type Values = Partial<Record<Column, string | number | null>>;

/** The values of a job in the order of `columns`. */
export function toRow(job: JobRecord): (string | number | null)[] {
  const values = { ...commonValues(job), ...(job.kind === 'download' ? downloadValues(job) : workValues(job)) };
  return columns.map((column) => values[column] ?? null);
}

function commonValues(job: JobRecord): Values {
  return {
    id: job.id,
    position: job.position,
    created_at: job.createdAt,
    has_secrets: Number(job.hasSecrets),
    name: job.name,
    folder: job.folder,
    rate_limit: job.limit,
    state: JSON.stringify(job.state),
    size: job.size,
    journal: job.journal && JSON.stringify(job.journal),
    priority: job.priority,
    start_at: job.startAt,
    kind: job.kind,
  };
}

function downloadValues(job: DownloadRecord): Values {
  return {
    url: job.url,
    headers: JSON.stringify(job.headers),
    wanted_name: job.wantedName,
    connections: job.connections,
    checksum: job.checksum && JSON.stringify(job.checksum),
    inode: job.inode,
    mirrors: JSON.stringify(job.mirrors),
    find_checksum: Number(job.findChecksum),
    other_link: job.otherLink && JSON.stringify(job.otherLink),
    secrets_origin: job.secretsOrigin,
    from_metalink: Number(job.fromMetalink),
    expected_size: job.expectedSize,
    plain_http: JSON.stringify(job.plainHttp),
  };
}

/** What a kind other than a download has of its own. */
interface ExportWorkValue {
  readonly plan: ExportPlan;
  readonly connection: ExportRecord['connection'];
}
interface CaptureWorkValue {
  readonly plan: CapturePlan;
  readonly host: string;
  readonly finishing: boolean;
}

function workValues(job: ExportRecord | CaptureRecord): Values {
  const work: ExportWorkValue | CaptureWorkValue =
    job.kind === 'export'
      ? { plan: job.plan, connection: job.connection }
      : { plan: job.plan, host: job.host, finishing: job.finishing };
  // Columns of the first schema, which had downloads only.
  const unused = { url: '', headers: '{}', mirrors: '[]', find_checksum: 0, from_metalink: 0, plain_http: '[]' };
  return { ...unused, work: JSON.stringify(work) };
}

/** @throws CorruptStoreError, SyntaxError */
export function toRecord(row: Row): JobRecord {
  const state = read(row, 'state') as JobState | null;
  if (!state || !Object.hasOwn(transitions, state.kind)) throw new CorruptStoreError(`state ${String(row['state'])}`);
  const common = {
    id: String(row['id']),
    createdAt: Number(row['created_at']),
    hasSecrets: row['has_secrets'] === 1,
    name: String(row['name']),
    folder: String(row['folder']),
    limit: number(row, 'rate_limit'),
    position: Number(row['position']),
    state,
    size: number(row, 'size'),
    priority: priorities.find((known) => known === row['priority']) ?? 'normal',
    startAt: number(row, 'start_at'),
    tries: 0,
    meter: null,
  };
  switch (row['kind']) {
    case 'download':
      return toDownload(row, common);
    case 'export': {
      const work = read(row, 'work') as ExportWorkValue;
      return { ...common, kind: 'export', ...work, journal: json(row, 'journal') as ExportJournal | null };
    }
    case 'capture': {
      const work = read(row, 'work') as CaptureWorkValue;
      return { ...common, kind: 'capture', ...work, journal: json(row, 'journal') as CaptureJournal | null };
    }
    default:
      throw new CorruptStoreError(`kind ${String(row['kind'])}`);
  }
}

type Common = Pick<
  DownloadRecord,
  | 'id'
  | 'createdAt'
  | 'hasSecrets'
  | 'name'
  | 'folder'
  | 'limit'
  | 'position'
  | 'state'
  | 'size'
  | 'priority'
  | 'startAt'
  | 'tries'
  | 'meter'
>;

function toDownload(row: Row, common: Common): DownloadRecord {
  const url = String(row['url']);
  if (!URL.canParse(url)) throw new CorruptStoreError(`url of ${common.id}`);
  return {
    ...common,
    kind: 'download',
    url,
    host: new URL(url).host,
    headers: read(row, 'headers') as Record<string, string>,
    wantedName: text(row, 'wanted_name'),
    checksum: json(row, 'checksum') as Checksum | null,
    connections: number(row, 'connections'),
    journal: json(row, 'journal') as DownloadJournal | null,
    inode: text(row, 'inode'),
    generation: 0,
    mirrors: read(row, 'mirrors') as string[],
    findChecksum: row['find_checksum'] === 1,
    otherLink: json(row, 'other_link') as OtherLink | null,
    secretsOrigin: text(row, 'secrets_origin'),
    fromMetalink: row['from_metalink'] === 1,
    expectedSize: number(row, 'expected_size'),
    plainHttp: read(row, 'plain_http') as string[],
  };
}

/** A JSON value that may be missing. */
function json(row: Row, column: Column): unknown {
  return row[column] === null ? null : read(row, column);
}

export function read(row: Row, column: string): unknown {
  return JSON.parse(String(row[column]));
}

function text(row: Row, column: string): string | null {
  const value = row[column];
  return typeof value === 'string' ? value : null;
}

function number(row: Row, column: string): number | null {
  const value = row[column];
  return typeof value === 'number' ? value : null;
}
