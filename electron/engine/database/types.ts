/** The door of the database room, as types. */
import type {
  Catalog,
  ConnectionDraft,
  ConnectionProfile,
  ConnectionReport,
  Description,
  Estimate,
  ExportSource,
  Importable,
  Preview,
  RelationDetail,
} from '../../../shared/database.ts';

/** A connection with its secrets, as it is opened. Plain data, which can cross to a worker thread. */
export interface ConnectTarget extends Omit<ConnectionProfile, 'hasPassword' | 'hasSshPassword' | 'sample'> {
  readonly password: string | null;
  readonly sshPassword: string | null;
}

/** Where profiles are kept: JSON values by id, durable when `put` returns. The jobs room's store lends it. */
export interface Documents {
  all(): readonly { readonly id: string; readonly value: unknown }[];
  put(id: string, value: unknown): void;
  delete(id: string): void;
}

/** Connections and what can be asked of their databases. Expected failures are thrown as `SluiceError`. */
export interface Databases {
  list(): ConnectionProfile[];
  /** All connections now, and again after each change. Returns what ends it. */
  subscribe(listener: (profiles: ConnectionProfile[]) => void): () => void;
  save(draft: ConnectionDraft): Promise<ConnectionProfile>;
  remove(id: string): Promise<void>;
  /** Reads a URI or a keyword/value string (PostgreSQL manual, 34.1.1). */
  parse(text: string): ConnectionDraft;
  importable(): Promise<Importable[]>;
  test(draft: ConnectionDraft, signal?: AbortSignal): Promise<ConnectionReport>;
  /** Starts the sample database where it does not run. */
  sample(): Promise<ConnectionProfile>;
  catalog(id: string, signal?: AbortSignal): Promise<Catalog>;
  relation(id: string, schema: string, name: string, signal?: AbortSignal): Promise<RelationDetail>;
  completion(id: string, signal?: AbortSignal): Promise<Record<string, string[]>>;
  describe(id: string, sql: string, signal?: AbortSignal): Promise<Description>;
  /** The first fifty rows from a cursor; an abort cancels it on the server. */
  preview(id: string, source: ExportSource, signal?: AbortSignal): Promise<Preview>;
  estimate(id: string, source: ExportSource, signal?: AbortSignal): Promise<Estimate>;
  count(id: string, source: ExportSource, signal?: AbortSignal): Promise<number>;
  /**
   * Everything needed to connect, for the rooms that read rows. The sample database is started for it.
   * @throws unknown-connection
   */
  target(id: string): Promise<ConnectTarget>;
  /** Ends sessions and the sample's server. */
  close(): Promise<void>;
}
