/** The door of the serve room, as types. */
import type { NetworkInfo, Share, ShareDetail, ShareOptions, ShareRequest } from '../../../shared/share.ts';
import type { LiveReader } from '../capture/index.ts';
import type { ConnectTarget, Documents } from '../database/index.ts';

/** A job's file while it is being written, or after. */
export interface LiveFile {
  readonly name: string;
  /** Bytes of the whole; null while it is not known. */
  readonly size: number | null;
  /** When it was complete (ms since the epoch); null until then. */
  readonly finishedAt: number | null;
  /** Where its bytes are now: the part file, then the finished one. */
  path(): string;
  /**
   * Resolves with the end of the readable run that begins at `position` (at least one byte), as soon as there is one;
   * what is missing there is fetched first. Rejects when the job ended without it.
   */
  readable(position: number, signal: AbortSignal): Promise<number>;
}

/** What the serve room needs of the rest of the engine. */
export interface ServeWorld {
  /** Where shares are kept over restarts. */
  readonly documents: Documents;
  /** Folder for certificates and caches; made with mode 0700. */
  readonly home: string;
  /** @throws unknown-job */
  readonly liveFile: (job: string) => LiveFile;
  /** @throws unknown-job where it is no capture */
  readonly captureName: (job: string) => string;
  /** Hands a capture's records to a reader; null where it does not run. */
  readonly listen: (job: string, after: string | null, reader: LiveReader) => (() => void) | null;
  /** @throws unknown-connection */
  readonly target: (connection: string) => Promise<ConnectTarget>;
  /** SHA-256 fingerprints of allowed certificates by host name, for remotes. */
  readonly trusted: () => Readonly<Record<string, string>>;
  readonly https: () => boolean;
  /** The port to listen on; null: that of last time, or a free one. */
  readonly port: number | null;
}

/** What is served while it is on. Methods throw `SluiceError` for expected failures. */
export interface Shares {
  list(): Share[];
  add(request: ShareRequest): Promise<Share>;
  change(id: string, options: Partial<ShareOptions>, password?: string | null): Promise<Share>;
  /** Ends shares at once, with the transfers that run. */
  revoke(ids: readonly string[]): Promise<void>;
  detail(id: string): ShareDetail;
  network(): NetworkInfo;
  /** To be called when `https` changed: shares on the network are served so at once, under new links. */
  refresh(): Promise<void>;
  /** The list at once, then whenever something changed, at most 4 times a second. Returns what ends it. */
  subscribe(listener: (shares: Share[]) => void): () => void;
  close(): Promise<void>;
}
