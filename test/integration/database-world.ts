/** The database room over documents in memory, and what tests ask of it. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectTarget, type Databases, openDatabases } from '../../electron/engine/database/index.ts';
import type { ConnectionDraft, ExportSource } from '../../shared/database.ts';

export interface World extends AsyncDisposable {
  readonly databases: Databases;
  /** Documents as JSON texts, by id. */
  readonly documents: Map<string, string>;
  readonly secrets: Map<string, string>;
  readonly home: string;
}

export function openWorld(environment: Record<string, string> = {}): World {
  const documents = new Map<string, string>();
  const secrets = new Map<string, string>();
  const home = mkdtempSync(join(tmpdir(), 'sluice-databases-'));
  const databases = openDatabases({
    home,
    environment: { HOME: home, ...environment },
    documents: {
      all: () => [...documents].map(([id, text]) => ({ id, value: JSON.parse(text) as unknown })),
      put: (id, value) => void documents.set(id, JSON.stringify(value)),
      delete: (id) => void documents.delete(id),
    },
    secrets: {
      get: (key) => secrets.get(key) ?? null,
      set: (key, value) => void secrets.set(key, value),
      delete: (key) => void secrets.delete(key),
    },
  });
  return { databases, documents, secrets, home, [Symbol.asyncDispose]: () => databases.close() };
}

/** A target as a person enters it. */
export function draftOf(target: ConnectTarget, other: Partial<ConnectionDraft> = {}): ConnectionDraft {
  const { id: _, ...fields } = target;
  return { ...fields, ...other };
}

export function query(sql: string, parameters: (string | null)[] = []): ExportSource {
  return { kind: 'query', sql, parameters, key: null };
}
