import type { Checksum, Job, JobState, Meter, Priority } from '../../../shared/job.ts';
import { coarse, type DownloadJournal } from '../download/index.ts';
import type { OtherLink } from './links.ts';
import { coverage } from './ranges.ts';

/** A job as the jobs room keeps it. Only this room changes one; faces get `toJob`. */
export interface JobRecord {
  readonly id: string;
  readonly createdAt: number;
  url: string;
  host: string;
  /** Header fields that are no secret. */
  readonly headers: Readonly<Record<string, string>>;
  /** True where header fields are kept as a secret under this job's id. */
  hasSecrets: boolean;
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
  /** True where a Metalink document named it: what it leads to is a file, not a further document. */
  fromMetalink: boolean;
  /** Bytes that the Metalink document promises. */
  expectedSize: number | null;
  name: string;
  folder: string;
  connections: number | null;
  limit: number | null;
  priority: Priority;
  /** Not before this time, ms since the epoch. */
  startAt: number | null;
  position: number;
  state: JobState;
  /** Total bytes as the server or the finished file says. */
  size: number | null;
  /** What is durable; null where nothing began. */
  journal: DownloadJournal | null;
  /** The part file's own mark, by which it is known under another name. */
  inode: string | null;
  /** Runs in a row without progress. Not stored: a new start begins with patience. */
  tries: number;
  /** Figures of the run that goes on now. Not stored. */
  meter: Meter | null;
}

/** What a job has before anything is known of it but what was asked for. */
const fresh = {
  hasSecrets: false,
  secretsOrigin: null,
  otherLink: null,
  fromMetalink: false,
  expectedSize: null,
  size: null,
  journal: null,
  inode: null,
  tries: 0,
  meter: null,
} as const satisfies Partial<JobRecord>;

/** What was asked for. */
export type NewJob = Omit<JobRecord, 'id' | 'createdAt' | 'position' | keyof typeof fresh> & Partial<JobRecord>;

export function newRecord(given: NewJob & Pick<JobRecord, 'id' | 'createdAt' | 'position'>): JobRecord {
  return { ...fresh, ...given };
}

/** Bytes received: as written while it runs, as journalled while it does not. */
export function doneOf(record: JobRecord): number {
  if (record.state.kind === 'completed') return record.size ?? 0;
  return record.meter?.done ?? coverage(record.journal?.committed ?? []);
}

/** The job as faces see it. */
export function toJob(record: JobRecord): Job {
  const { id, name, folder, url, host, state, size, position, createdAt, limit, connections, checksum } = record;
  return {
    id,
    kind: 'download',
    name,
    folder,
    url,
    host,
    state,
    size,
    done: doneOf(record),
    ranges: coarse(record.meter?.ranges ?? record.journal?.committed ?? []),
    resumability: record.journal?.resumability ?? 'unknown',
    position,
    createdAt,
    limit,
    connections,
    checksum,
    priority: record.priority,
    startAt: record.startAt,
    mirrors: [...record.mirrors],
  };
}
