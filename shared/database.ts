/** PostgreSQL as a person sees it: connections, what is in a database, and what of it is to be exported. */
import * as z from 'zod';

/** How safe the way to the server has to be: libpq's `sslmode` (PostgreSQL manual, 34.19). */
export const tlsModes = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
export type TlsMode = (typeof tlsModes)[number];

/** A tag to tell connections apart at a glance (production red, say). */
export const connectionColors = ['grey', 'red', 'orange', 'yellow', 'green', 'blue', 'purple'] as const;
export type ConnectionColor = (typeof connectionColors)[number];

export const sshAuthentications = ['password', 'key', 'agent'] as const;

const text = (max: number) => z.string().max(max);
const port = z.int().min(1).max(65_535);

/** An SSH server through which the database is reached. */
export const sshTunnelSchema = z.object({
  host: text(253).min(1),
  port,
  user: text(256).min(1),
  authentication: z.enum(sshAuthentications),
  /** Path of the private key, with `key`. */
  keyFile: text(4096).nullable(),
  /** SHA-256 fingerprint of the server's key, as ssh-keygen writes it; null until the person accepted one. */
  hostKey: text(200).nullable(),
});
export type SshTunnel = z.infer<typeof sshTunnelSchema>;

const profileFields = {
  name: text(200).min(1),
  color: z.enum(connectionColors),
  /** A host name, an address, or the folder of a Unix-domain socket (begins with “/”). */
  host: text(1024).min(1),
  port,
  database: text(256).min(1),
  user: text(256).min(1),
  tls: z.object({
    mode: z.enum(tlsModes),
    /** Paths of PEM files. `ca` null: the system's authorities. */
    ca: text(4096).nullable(),
    certificate: text(4096).nullable(),
    key: text(4096).nullable(),
  }),
  ssh: sshTunnelSchema.nullable(),
  /** Sessions start with `default_transaction_read_only`. On unless the person turns it off. */
  readOnly: z.boolean(),
  /** Ms for previews and catalog reads; 0: none. Exports run without one unless `exportTimeout` sets it. */
  statementTimeout: z.int().min(0).max(2_147_483_647),
  exportTimeout: z.int().min(0).max(2_147_483_647),
};

/** A connection as it is kept. Passwords are in the keychain, never here. */
export const connectionProfileSchema = z.object({
  id: z.string(),
  ...profileFields,
  hasPassword: z.boolean(),
  /** Of the SSH server, or of its key. */
  hasSshPassword: z.boolean(),
  /** True for the sample database, whose server Sluice starts by itself when it is used. */
  sample: z.boolean(),
});
export type ConnectionProfile = z.infer<typeof connectionProfileSchema>;

/**
 * A connection as a person enters it. A password left out stays as it is kept, unless the host, the port, the user or the
 * SSH server is another now: a password goes nowhere but where it was meant for. Null: none, or forget it.
 */
export const connectionDraftSchema = z.object({
  /** There when a kept connection is changed. */
  id: z.string().optional(),
  ...profileFields,
  password: text(4096).nullable().optional(),
  sshPassword: text(4096).nullable().optional(),
  /** The `key` of an importable connection whose password (from .pgpass, say) is to be taken over. */
  passwordOf: text(1000).optional(),
});
export type ConnectionDraft = z.infer<typeof connectionDraftSchema>;

/** A connection that this computer knows already: from pg_service.conf, .pgpass or PG* variables. */
export const importableSchema = z.object({
  key: z.string(),
  from: z.enum(['service', 'pgpass', 'environment']),
  draft: connectionDraftSchema,
  hasPassword: z.boolean(),
});
export type Importable = z.infer<typeof importableSchema>;

/** What a test of a connection found. Where it fails, the failure says which step did. */
export const connectionReportSchema = z.object({
  /** E.g. “PostgreSQL 18.4”. */
  server: z.string(),
  /** Ms from the first packet to the first answer. */
  latency: z.number().min(0),
  /** E.g. “TLSv1.3”; null where the way is not encrypted. */
  tls: z.string().nullable(),
  user: z.string(),
  database: z.string(),
  readOnly: z.boolean(),
  /** A connection pooler answers in the server's place (pgbouncer): what that means here is in docs/postgresql.md. */
  pooler: z.boolean(),
});
export type ConnectionReport = z.infer<typeof connectionReportSchema>;

export const relationKinds = [
  'table',
  'partitioned-table',
  'partition',
  'view',
  'materialized-view',
  'foreign-table',
] as const;
export type RelationKind = (typeof relationKinds)[number];

export const relationSchema = z.object({
  name: z.string(),
  kind: z.enum(relationKinds),
  /** The planner's estimate (pg_class.reltuples); null where it has none. */
  rows: z.number().min(0).nullable(),
  /** Bytes on the server's disk with TOAST, without indexes; null where nothing is stored. */
  bytes: z.number().min(0).nullable(),
  /** Of a partition: its table. */
  parent: z.string().nullable(),
  comment: z.string().nullable(),
  /** False where this user may not read it. */
  readable: z.boolean(),
});
export type Relation = z.infer<typeof relationSchema>;

export const catalogSchema = z.object({
  schemas: z.array(z.object({ name: z.string(), relations: z.array(relationSchema) })),
});
export type Catalog = z.infer<typeof catalogSchema>;

export const columnSchema = z.object({
  name: z.string(),
  /** As PostgreSQL writes it: “numeric(12,2)”, “text[]”. */
  type: z.string(),
  nullable: z.boolean(),
});
export type Column = z.infer<typeof columnSchema>;

export const relationDetailSchema = z.object({
  columns: z.array(columnSchema),
  /** Columns of the best unique, not-null, orderable key; null: an export of it can only start over. */
  key: z.array(z.string()).nullable(),
});
export type RelationDetail = z.infer<typeof relationDetailSchema>;

/** Columns by relation for completion in the editor: “schema.table” → columns. */
export const completionSchema = z.record(z.string(), z.array(z.string()));

const identifier = z.string().min(1).max(63);
/** What is read: a query, or tables. */
export const exportSourceSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('query'),
    sql: z.string().min(1).max(1_000_000),
    /** Values of $1, $2 … as texts in PostgreSQL's input syntax; bound, never put into the SQL. */
    parameters: z.array(z.string().nullable()).max(1000),
    /** Output columns that are unique together, not null and orderable: what makes the export resumable. */
    key: z.array(z.string()).max(32).nullable(),
  }),
  z.object({
    kind: z.literal('table'),
    schema: identifier,
    name: identifier,
    /** Left out columns are null here: all. */
    columns: z.array(identifier).min(1).nullable(),
    /** A condition in SQL, as after WHERE. */
    where: z.string().max(100_000).nullable(),
  }),
  z.object({
    kind: z.literal('tables'),
    /** Each goes into a file of its own; all from one snapshot. */
    tables: z
      .array(z.object({ schema: identifier, name: identifier }))
      .min(1)
      .max(10_000),
  }),
]);
export type ExportSource = z.infer<typeof exportSourceSchema>;

/** What a query will give, without running it. */
export const descriptionSchema = z.object({
  columns: z.array(z.object({ name: z.string(), type: z.string() })),
  /** Types of $1, $2 … */
  parameters: z.array(z.string()),
});
export type Description = z.infer<typeof descriptionSchema>;

/** Fifty rows of a query or a table, as PostgreSQL writes the values. */
export const previewSchema = z.object({
  columns: z.array(z.object({ name: z.string(), type: z.string() })),
  /** A value longer than a few hundred characters is cut, with “…” at its end. */
  rows: z.array(z.array(z.string().nullable())),
  /** True where there are more rows. */
  more: z.boolean(),
  /** Ms. */
  took: z.number().min(0),
});
export type Preview = z.infer<typeof previewSchema>;

/** What the planner expects. Never exact: shown with “≈”. */
export const estimateSchema = z.object({
  rows: z.number().min(0),
  /** Average bytes of a row, as the planner sees it. */
  width: z.number().min(0),
  /** True where parallel workers take part (a Gather node). */
  parallel: z.boolean(),
  plan: z.string(),
});
export type Estimate = z.infer<typeof estimateSchema>;
