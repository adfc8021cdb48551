/** Reading the rows of a query through a portal, as types. */
import type { Client } from 'pg';

/** A column that a query gives. */
export interface PortalColumn {
  readonly name: string;
  /** Of its type; of a domain, that of the type under it (RowDescription says it so). */
  readonly oid: number;
  /** pg_attribute.atttypmod: -1 where there is none. */
  readonly modifier: number;
  /** As PostgreSQL writes it: “numeric(12,2)”, “text[]”. */
  readonly type: string;
  /**
   * True for arrays, composites and types with a cast to json (hstore, say): what JSON shows as more than a string. JSON
   * formats have the server write them (`wrapForFormat`).
   */
  readonly nested: boolean;
}

/** A session as this room opens it; what a portal needs of it. */
export interface PortalSession {
  readonly client: Client;
  /** Sends a CancelRequest over a connection of its own (PostgreSQL manual, 55.2.8). */
  cancel(): Promise<void>;
}

export interface PortalQuery {
  readonly sql: string;
  /** Values of $1, $2 … as texts in PostgreSQL's input syntax. Bound, never part of the SQL. */
  readonly parameters: readonly (string | null)[];
  /** How each column is asked for: 0 as text, 1 as binary. The encoder knows. */
  readonly formats: readonly (0 | 1)[];
  /**
   * Executes without a row limit. Where EXPLAIN shows Gather: a plan with a limit on its rows runs without its parallel
   * workers. Pause is left to TCP then.
   */
  readonly atOnce: boolean;
}

/** What happens while a portal is read. Called in the socket's data event. A throw ends the query and is the outcome. */
export interface PortalReader {
  /** The body of one DataRow is at `start`…`end` of `chunk`, valid during the call only. */
  row(chunk: Buffer, start: number, end: number): void;
  /**
   * What one read of the socket brought has been passed to `row`; at least one row. The place for checkpoints and for
   * `pause`: the last row is at `start`…`end` of `chunk` still.
   */
  pass?(chunk: Buffer, start: number, end: number): void;
}

/** Rows of a query on their way from the server. */
export interface Portal {
  /**
   * Reads to the end. At most once.
   * @returns how many rows came
   * @throws DatabaseError (of pg) as the server sent it, Error where the connection was lost, what `row` threw, or
   *   `query-cancelled` after `cancel`
   */
  read(reader: PortalReader): Promise<number>;
  /** Asks for no more rows and stops reading the socket; rows of the current chunk (64 KiB) still come. */
  pause(): void;
  resume(): void;
  readonly paused: boolean;
  /** Rows that came so far. */
  readonly rows: number;
  /** Ends the query on the server; resolves when the server has confirmed it and the session can be used again. */
  cancel(): Promise<void>;
}
