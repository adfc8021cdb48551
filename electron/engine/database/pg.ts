import { createRequire } from 'node:module';
import type postgres from 'pg';
import type QueryStream from 'pg-query-stream';

const require = createRequire(import.meta.url);

/** pg, loaded when a database is first asked: a host that only downloads does without its 3 MB. */
export const pg = () => require('pg') as typeof postgres;

/** pg-query-stream, likewise. */
export const queryStream = () => require('pg-query-stream') as typeof QueryStream;

/** A name as SQL has it: quoted. */
export const escapeIdentifier = (name: string): string => pg().escapeIdentifier(name);
