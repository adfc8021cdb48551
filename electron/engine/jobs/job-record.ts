/** A job as the jobs room keeps it: what every kind has, and what each has of its own. Only this room changes one. */
import type { CaptureRequest, Feed } from '../../../shared/capture.ts';
import type { ExportRequest, Split } from '../../../shared/export.ts';
import type {
  CaptureJob,
  Checksum,
  DownloadJob,
  ExportJob,
  Job,
  JobState,
  Meter,
  Priority,
} from '../../../shared/job.ts';
import type { CaptureJournal } from '../capture/index.ts';
import { coarse, type DownloadJournal } from '../download/index.ts';
import type { ExportJournal } from '../export/index.ts';
import type { OtherLink } from './links.ts';
import { coverage } from './ranges.ts';

/** What every job has. */
interface CommonRecord {
  readonly id: string;
  readonly createdAt: number;
  name: string;
  folder: string;
  limit: number | null;
  priority: Priority;
  /** Not before this time, ms since the epoch. */
  startAt: number | null;
  position: number;
  state: JobState;
  /** Total bytes as the server or the finished file says. */
  size: number | null;
  /** True where something of it is kept as a secret under this job's id. */
  hasSecrets: boolean;
  /** Runs in a row without progress. Not stored: a new start begins with patience. */
  tries: number;
  /** Figures of the run that goes on now. Not stored. */
  meter: Meter | null;
}

export interface DownloadRecord extends CommonRecord {
  readonly kind: 'download';
  url: string;
  host: string;
  /** Header fields that are no secret. */
  readonly headers: Readonly<Record<string, string>>;
  /** The origin that the secret header fields are for; null: that of the link. */
  secretsOrigin: string | null;
  /** The name a person gave; null: from the server or the link. */
  wantedName: string | null;
  checksum: Checksum | null;
  /** True where a checksum is to be looked for beside the link. */
  findChecksum: boolean;
  /** Other links to the same file, without credentials. */
  mirrors: readonly string[];
  otherLink: OtherLink | null;
  /** Host names that the person allowed to redirect it from https to plain http (faults.md 54). */
  plainHttp: readonly string[];
  /** True where a Metalink document named it: what it leads to is a file, not a further document. */
  fromMetalink: boolean;
  /** Bytes that the Metalink document promises. */
  expectedSize: number | null;
  connections: number | null;
  /** What is durable; null where nothing began. */
  journal: DownloadJournal | null;
  /** The part file's own mark, by which it is known under another name. */
  inode: string | null;
  /** Raised when the part file is another one: begun anew, copied to another disk, or out of a backup. Not stored. */
  generation: number;
}

/** What was asked for and never changes. */
export interface ExportPlan extends Pick<ExportRequest, 'source' | 'format' | 'compression'> {
  readonly split: Split | null;
  readonly timeZone: string;
  readonly parallel: number;
  readonly exactCount: boolean;
}

export interface ExportRecord extends CommonRecord {
  readonly kind: 'export';
  readonly plan: ExportPlan;
  /** As it was called when the job last started. */
  connection: ExportJob['connection'] & { readonly host: string };
  journal: ExportJournal | null;
}

/** What was asked for and never changes. */
export interface CapturePlan extends Pick<
  CaptureRequest,
  'rotation' | 'compression' | 'queue' | 'whenFull' | 'whenDiskFull'
> {
  /** Without credentials and secret header fields. */
  readonly feed: Feed;
}

export interface CaptureRecord extends CommonRecord {
  readonly kind: 'capture';
  readonly plan: CapturePlan;
  readonly host: string;
  journal: CaptureJournal | null;
  /** True once it was told to end: the next run finishes its last file and nothing else. */
  finishing: boolean;
}

export type JobRecord = DownloadRecord | ExportRecord | CaptureRecord;

/** What a job has before anything is known of it but what was asked for. */
const fresh = { hasSecrets: false, size: null, tries: 0, meter: null } as const satisfies Partial<CommonRecord>;
const freshOf = {
  download: {
    ...fresh,
    secretsOrigin: null,
    otherLink: null,
    plainHttp: [],
    fromMetalink: false,
    expectedSize: null,
    journal: null,
    inode: null,
    generation: 0,
  },
  export: { ...fresh, journal: null },
  capture: { ...fresh, journal: null, finishing: false },
} as const;

type NewOf<R extends JobRecord> = Omit<R, 'id' | 'createdAt' | 'position' | keyof (typeof freshOf)[R['kind']]> &
  Partial<R>;
export type NewDownload = NewOf<DownloadRecord>;
/** What was asked for. */
export type NewJob = NewDownload | NewOf<ExportRecord> | NewOf<CaptureRecord>;

export function newRecord<N extends NewJob>(
  given: N & Pick<JobRecord, 'id' | 'createdAt' | 'position'>,
): Extract<JobRecord, { kind: N['kind'] }> {
  return { ...freshOf[given.kind], ...given } as unknown as Extract<JobRecord, { kind: N['kind'] }>;
}

/** Bytes written: as the run says while it runs, as journalled while it does not. */
export function doneOf(record: JobRecord): number {
  if (record.meter) return record.meter.done;
  switch (record.kind) {
    case 'download':
      return record.state.kind === 'completed' ? (record.size ?? 0) : coverage(record.journal?.committed ?? []);
    case 'export':
      return (record.journal?.files ?? []).reduce((sum, file) => sum + file.bytes, 0);
    case 'capture':
      return (record.journal?.finished.bytes ?? 0) + (record.journal?.current?.bytes ?? 0);
  }
}

/** The host that a job talks to; empty for a socket on this computer. */
export function hostOf(record: JobRecord): string {
  return record.kind === 'export' ? record.connection.host : record.host;
}

/** The job as faces see it. */
export function toJob(record: JobRecord): Job {
  switch (record.kind) {
    case 'download':
      return toDownload(record);
    case 'export':
      return toExport(record);
    case 'capture':
      return toCapture(record);
  }
}

function common(record: JobRecord) {
  const { id, name, folder, state, size, position, createdAt, limit, priority, startAt } = record;
  return { id, name, folder, state, size, done: doneOf(record), position, createdAt, limit, priority, startAt };
}

function toDownload(record: DownloadRecord): DownloadJob {
  const { url, host, connections, checksum, mirrors, journal, meter } = record;
  return {
    ...common(record),
    kind: 'download',
    url,
    host,
    ranges: coarse(meter?.ranges ?? journal?.committed ?? []),
    resumability: journal?.resumability ?? 'unknown',
    connections,
    checksum,
    mirrors: [...mirrors],
  };
}

function toExport(record: ExportRecord): ExportJob {
  const { connection, journal, meter, plan } = record;
  return {
    ...common(record),
    kind: 'export',
    connection: { id: connection.id, name: connection.name, color: connection.color },
    source: plan.source,
    format: plan.format,
    compression: plan.compression,
    split: plan.split,
    rows: meter?.rows ?? (journal?.files ?? []).reduce((sum, file) => sum + file.rows, 0),
    expected: journal?.expected ?? null,
    resumability: journal?.resumability ?? 'unknown',
    key: [...(journal?.key ?? [])],
    files: journal?.files.length ?? 0,
    newerSnapshot: journal?.newerSnapshot ?? false,
  };
}

function toCapture(record: CaptureRecord): CaptureJob {
  const { journal, meter, plan } = record;
  const { finished, current, dropped } = journal ?? { finished: { files: 0, rows: 0 }, current: null, dropped: 0 };
  return {
    ...common(record),
    kind: 'capture',
    ...plan,
    rows: meter?.rows ?? finished.rows + (current?.rows ?? 0),
    dropped: meter?.dropped ?? dropped,
    files: finished.files + (current ? 1 : 0),
  };
}
