/**
 * The door of the download room, as types: what the jobs room asks for and what it is told.
 * The room's work is done in a worker thread; everything here is plain data that can cross to it.
 */
import type {
  Checksum,
  ChecksumAlgorithm,
  Identity,
  DownloadJobDetail,
  Meter,
  Ranges,
  Resumability,
} from '../../../shared/job.ts';
import type { RunOutcome } from '../flow/index.ts';
import type { MetalinkFile, RemoteRequest } from '../remote/index.ts';

/** What to fetch and where to put it. */
export interface DownloadSpec extends RemoteRequest {
  readonly id: string;
  readonly folder: string;
  /** The name a person gave; null: from the server or the link. Ignored once `resume` names the files. */
  readonly name: string | null;
  readonly connections: number | null;
  readonly limit: number | null;
  readonly checksum: Checksum | null;
  /** Other links to the same file (RFC 5854). Used only beside `checksum` or `pieces`, which prove what they give. */
  readonly mirrors?: readonly string[];
  /** True where a checksum is to be looked for beside the link (LINK.sha256 and the like). */
  readonly findChecksum?: boolean;
  /** Digests of equal pieces, so that only a bad one is fetched again. */
  readonly pieces?: PieceDigests;
}

/** Digests of a file's pieces (RFC 5854 §4.2.14): all of `length` bytes but the last. */
export interface PieceDigests {
  readonly length: number;
  readonly algorithm: ChecksumAlgorithm;
  /** Lower-case hexadecimal, in order. */
  readonly digests: readonly string[];
}

/** What the journal knows of a download that began: enough to go on after `kill -9` or a reboot. */
export interface DownloadJournal {
  readonly identity: Identity;
  readonly resumability: Resumability;
  /** Final file name inside the spec's folder; the part file is this name + `.sluice`. */
  readonly name: string;
  /** When the part file was made, in ns since 1970: another one of its name is not gone on with. Null: not known. */
  readonly born?: string | null | undefined;
  /** Ranges whose bytes are on the disk: written, then fdatasynced, then journalled. */
  readonly committed: Ranges;
  /** The checksum that the person gave or the server told; missing in journals of the first version. */
  readonly digest?: Checksum | null;
  /** True once parts are together that no validator proves to be of one version: complete, it is “unverified”. */
  readonly isDoubtful?: boolean;
  /** True once answers had other ETags that were of the same version (fault 29): from then on bytes are compared. */
  readonly etagVaries?: boolean;
  /** True once pieces arrived damaged: from then on mirrors are not asked. */
  readonly mirrorsDistrusted?: boolean;
}

/** How a run of a download ended. */
export type DownloadOutcome =
  | RunOutcome
  /** The link led to a Metalink document (RFC 5854): these files are meant. Nothing was written. */
  | { readonly kind: 'metalink'; readonly files: readonly MetalinkFile[] };

/** What a running download tells its owner, in the order in which it happened. */
export type DownloadEvent =
  /** The first answer of the server was understood and the part file is open. Emitted on every run. */
  | { readonly kind: 'started'; readonly journal: DownloadJournal }
  /** Bytes became durable: store this before believing it. */
  | { readonly kind: 'committed'; readonly journal: DownloadJournal }
  | { readonly kind: 'verifying' }
  | { readonly kind: 'activity'; readonly level: 'info' | 'warning' | 'error'; readonly text: string }
  /** A host turned connections away: it allows so many (fault 58). */
  | { readonly kind: 'host-cap'; readonly host: string; readonly connections: number }
  /** The last event of a run. */
  | { readonly kind: 'ended'; readonly outcome: DownloadOutcome };

/** Downloads that run, by id. Lives in the main thread; the transfers live in a worker. */
export interface Downloads {
  /** Begins, or goes on where `resume` says. Exactly one `ended` event follows, whatever happens. */
  start(spec: DownloadSpec, resume: DownloadJournal | null, onEvent: (event: DownloadEvent) => void): void;
  /** Asks a run to stop; its `ended` event follows once all that was written is durable. */
  stop(id: string): void;
  setLimit(id: string, bytesPerSecond: number | null): void;
  setConnections(id: string, connections: number | null): void;
  /** The limit over all downloads. */
  setGlobalLimit(bytesPerSecond: number | null): void;
  /** Limits by host name, bytes per second. Replaces all. */
  setHostLimits(limits: Readonly<Record<string, number>>): void;
  /** What hosts are known to allow, connections by host name. Only ever lowers what is known. */
  setHostCaps(caps: Readonly<Record<string, number>>): void;
  /** Certificates that the person allowed: SHA-256 fingerprints by host name. Replaces all. */
  setTrusted(trusted: Readonly<Record<string, string>>): void;
  /** Figures of all running downloads, as of the last tick (4 a second). */
  meters(): readonly Meter[];
  /** All that is known of one running download now; null where it does not run. */
  detail(id: string): DownloadDetail | null;
  /**
   * Where the run of written bytes ends that holds `position`, as soon as there is one; what is missing there is fetched
   * next. Null where the run of the download ended first.
   * @throws the signal's reason
   */
  readable(id: string, position: number, signal: AbortSignal): Promise<number | null>;
  /** Stops everything and ends the worker. */
  close(): Promise<void>;
}

/** The part of a job's detail that only the download room knows. */
export type DownloadDetail = Omit<DownloadJobDetail, 'activity' | 'file'>;
