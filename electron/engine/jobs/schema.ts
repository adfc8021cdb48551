import type { DatabaseSync } from 'node:sqlite';

/**
 * The store's schema, one step a version: entry i leads from `user_version` i to i + 1. A step that was published is
 * never changed; what changes is added as the next one.
 */
export const migrations: readonly string[] = [
  `CREATE TABLE jobs (
     id          TEXT PRIMARY KEY,
     position    REAL NOT NULL,
     created_at  INTEGER NOT NULL,
     url         TEXT NOT NULL,
     headers     TEXT NOT NULL,
     has_secrets INTEGER NOT NULL,
     wanted_name TEXT,
     name        TEXT NOT NULL,
     folder      TEXT NOT NULL,
     connections INTEGER,
     rate_limit  INTEGER,
     checksum    TEXT,
     state       TEXT NOT NULL,
     size        INTEGER,
     journal     TEXT
   ) STRICT;
   CREATE TABLE activity (
     number INTEGER PRIMARY KEY,
     job    TEXT NOT NULL,
     at     INTEGER NOT NULL,
     level  TEXT NOT NULL,
     text   TEXT NOT NULL
   ) STRICT;
   CREATE INDEX activity_of_job ON activity (job, number);
   CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;`,
  'ALTER TABLE jobs ADD COLUMN inode TEXT',
  `ALTER TABLE jobs ADD COLUMN priority TEXT NOT NULL DEFAULT 'normal';
   ALTER TABLE jobs ADD COLUMN start_at INTEGER;
   ALTER TABLE jobs ADD COLUMN mirrors TEXT NOT NULL DEFAULT '[]';
   ALTER TABLE jobs ADD COLUMN find_checksum INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE jobs ADD COLUMN other_link TEXT;
   ALTER TABLE jobs ADD COLUMN secrets_origin TEXT;
   ALTER TABLE jobs ADD COLUMN from_metalink INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE jobs ADD COLUMN expected_size INTEGER;
   CREATE TABLE pieces (job TEXT PRIMARY KEY, digests TEXT NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE host_caps (
     host TEXT PRIMARY KEY, connections INTEGER NOT NULL, at INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE trusted (
     host TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, at INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;`,
  `ALTER TABLE jobs ADD COLUMN kind TEXT NOT NULL DEFAULT 'download';
   ALTER TABLE jobs ADD COLUMN work TEXT;
   CREATE TABLE documents (
     room TEXT NOT NULL, id TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (room, id)
   ) STRICT, WITHOUT ROWID;`,
  `ALTER TABLE jobs ADD COLUMN plain_http TEXT NOT NULL DEFAULT '[]'`,
];

/** The database was made by a later Sluice, whose schema this one does not know. */
export class NewerSchemaError extends Error {
  override readonly name = 'NewerSchemaError';
}

/** Brings a database to the last version, each step whole or not at all. */
export function migrate(database: DatabaseSync, steps: readonly string[] = migrations): void {
  const row = database.prepare('PRAGMA user_version').get();
  const version = Number(row?.['user_version']);
  if (version > steps.length) throw new NewerSchemaError(`schema ${version}, known up to ${steps.length}`);
  for (let next = version; next < steps.length; next += 1) {
    database.exec('BEGIN IMMEDIATE');
    try {
      database.exec(steps[next]!);
      database.exec(`PRAGMA user_version = ${next + 1}`);
      database.exec('COMMIT');
    } catch (error) {
      database.exec('ROLLBACK');
      throw error;
    }
  }
}
