/** What a person asks to export, checked: each thing that is wrong has its own sentence, and nothing is kept of it. */
import { isAbsolute, resolve } from 'node:path';
import type { ConnectionProfile, ExportSource } from '../../../shared/database.ts';
import type { Compression, ExportFormat, ExportRequest } from '../../../shared/export.ts';
import { SluiceError } from '../../../shared/failure.ts';
import { checkFormat, extensionOf } from '../export/index.ts';
import { safeFileName } from '../files/index.ts';
import type { ExportRecord, NewJob } from './job-record.ts';
import { checkStartAt } from './request.ts';

type NewExport = Extract<NewJob, { kind: 'export' }>;

/** The name that an export gets when none is given; of several tables, that of their folder. */
export function exportName(source: ExportSource, format: ExportFormat, compression: Compression): string {
  const extension = extensionOf(format, compression);
  switch (source.kind) {
    case 'table':
      return safeFileName(source.name + extension);
    case 'tables':
      return safeFileName(source.tables.length === 1 ? source.tables[0]!.name : `${source.tables[0]!.schema} tables`);
    case 'query':
      return safeFileName(`${tableOf(source.sql) ?? 'query'}${extension}`);
  }
}

/** The first relation that a query reads from, as a name to recognise it by. */
function tableOf(sql: string): string | null {
  const match = /\bfrom\s+(?:[\w$]+\.)?([\w$]+)/i.exec(sql);
  return match?.[1] ?? null;
}

/**
 * Checks all of a request.
 * @param checkFolder throws where files cannot go
 * @throws bad-input, bad-rate and what `checkFolder` throws
 */
export function parseExport(
  request: ExportRequest,
  profile: ConnectionProfile,
  defaultFolder: string,
  checkFolder: (folder: string) => void,
): NewExport {
  const { source, format, compression, split = null, limit = null, timeZone = 'UTC', parallel = 1 } = request;
  checkFormat(format, compression, timeZone);
  if (parallel > 1 && source.kind !== 'table') bad('Only one table can be read by several sessions.');
  if (parallel > 1 && (split || format.kind === 'xlsx')) bad('Several sessions write one file: do not split it.');
  if (limit !== null && !(Number.isSafeInteger(limit) && limit > 0)) {
    throw new SluiceError('bad-rate', { text: String(limit) });
  }
  const given = request.folder ?? defaultFolder;
  const folder = isAbsolute(given) ? resolve(given) : given;
  checkFolder(folder);
  const { host } = profile;
  const connection: ExportRecord['connection'] = {
    id: profile.id,
    name: profile.name,
    color: profile.color,
    host: host.startsWith('/') ? '' : host,
  };
  const plan = { source, format, compression, split, timeZone, parallel, exactCount: request.exactCount ?? false };
  return {
    kind: 'export',
    plan,
    connection,
    name: request.name?.trim() ? safeFileName(request.name) : exportName(source, format, compression),
    folder,
    limit,
    priority: request.priority ?? 'normal',
    startAt: checkStartAt(request.startAt ?? null),
    state: { kind: request.paused ? 'paused' : 'queued' },
  };
}

function bad(detail: string): never {
  throw new SluiceError('bad-input', { detail });
}
