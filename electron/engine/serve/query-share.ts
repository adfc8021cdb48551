/** A share of a query: run for every reader, and streamed as it is produced, as fast as that reader reads. */
import { toFailure } from '../../../shared/failure.ts';
import type { ExportFormat } from '../../../shared/export.ts';
import type { ShareTarget } from '../../../shared/share.ts';
import { usualCsv } from '../../../shared/export-formats.ts';
import { streamRows } from '../export/index.ts';
import { acceptedType } from './accepted-type.ts';
import { notFound, Refusal } from './refusal.ts';
import { safeFields } from './safe-fields.ts';
import { ReaderGone } from './transfer.ts';
import type { Call, Service, ServeTools } from './service.ts';

/** Queries of one share that run at once: each holds a session of the server. */
const MOST_RUNNING = 8;

const csv: ExportFormat = { ...usualCsv, lineEnding: 'crlf' };

const forms = {
  ndjson: { format: { kind: 'ndjson' }, type: 'application/x-ndjson; charset=utf-8' },
  csv: { format: csv, type: 'text/csv; charset=utf-8; header=present' },
} as const satisfies Record<string, { format: ExportFormat; type: string }>;

export function queryShare(target: Extract<ShareTarget, { kind: 'query' }>, { world, changed }: ServeTools): Service {
  let running = 0;
  let trouble: string | null = null;
  const connect = async () => {
    try {
      const connection = await world.target(target.connection);
      trouble = null;
      return connection;
    } catch (error) {
      trouble = toFailure(error).message;
      throw error;
    } finally {
      changed();
    }
  };
  return {
    linkName: 'rows.ndjson',
    methods: [],
    size: null,
    get trouble() {
      return trouble;
    },
    async answer(call) {
      const { request, transfer } = call;
      const { format, type } = forms[formOf(call)];
      const values = parametersOf(call, target.parameters);
      const fields = [...safeFields, 'Content-Type', type, 'Cache-Control', 'no-store', 'Vary', 'Accept'];
      if (request.method === 'HEAD') {
        transfer.response.writeHead(200, fields).end();
        return;
      }
      if (running >= MOST_RUNNING) throw new Refusal(503, 'It runs for many already.', ['Retry-After', '5']);
      transfer.subject = { representation: 'rows', size: null };
      running += 1;
      try {
        // Parameters are bound, each as the type that the server gives it; the SQL is its owner's, always.
        const source = { kind: 'query', sql: target.sql, parameters: values, key: null } as const;
        // A link is for reading (RFC 9110 §9.2.1), whatever its connection may do.
        const connection = { ...(await connect()), readOnly: true };
        let began = performance.now();
        // One call after the other; where it rejects, the query is ended and that is the outcome.
        const take = async (bytes: Uint8Array) => {
          transfer.waited.source += performance.now() - began;
          if (!transfer.response.headersSent) transfer.response.writeHead(200, fields);
          await transfer.limited(bytes.length);
          await transfer.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), null);
          began = performance.now();
        };
        const spec = { target: connection, source, format, compression: 'none', timeZone: 'UTC' } as const;
        await streamRows(spec, take, transfer.signal);
        if (!transfer.response.headersSent) transfer.response.writeHead(200, fields);
        transfer.response.end();
      } catch (error) {
        if (error instanceof ReaderGone || transfer.signal.aborted) throw error;
        throw refusalFor(error);
      } finally {
        running -= 1;
      }
    },
    close() {},
  };
}

/** By the suffix of the link, else by Accept. */
function formOf({ target, request }: Call): keyof typeof forms {
  const [name = '', ...more] = target.segments;
  const suffix = /^rows(?:\.(ndjson|csv))?$/.exec(name);
  if (more.length > 0 || (name !== '' && !suffix)) throw notFound();
  if (suffix?.[1] === 'csv' || suffix?.[1] === 'ndjson') return suffix[1];
  return acceptedType(request, ['application/x-ndjson', 'text/csv']) === 'text/csv' ? 'csv' : 'ndjson';
}

/** The values for $1, $2 …: from the link, else what the owner gave. Names that nobody knows are mistakes. */
function parametersOf(
  { target }: Call,
  known: readonly { readonly name: string; readonly value: string | null }[],
): string[] {
  const query = new URLSearchParams(target.query);
  const names = known.map(({ name }) => name);
  for (const name of query.keys()) {
    if (!names.includes(name)) throw new Refusal(400, `Unknown parameter. There are: ${names.join(', ') || 'none'}.`);
    if (query.getAll(name).length > 1) throw new Refusal(400, `“${name}” is there twice.`);
  }
  return known.map(({ name, value }) => {
    const given = query.get(name) ?? value;
    if (given === null) throw new Refusal(400, `Add ?${encodeURIComponent(name)}=… to the link.`);
    if (given.includes('\0')) throw new Refusal(400, `“${name}” cannot be that.`);
    return given;
  });
}

/** A value that PostgreSQL cannot read is the reader's mistake (classes 22, 42); the rest is not. */
function refusalFor(error: unknown): Error {
  const { code } = toFailure(error);
  if (code === 'sql-error' || code === 'query-failed') return new Refusal(422, 'The query cannot be run with that.');
  if (code === 'database-busy') return new Refusal(503, 'The database is busy.', ['Retry-After', '5']);
  return code === 'internal' ? (error as Error) : new Refusal(502, 'The database behind this link cannot be used.');
}
