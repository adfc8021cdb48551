/** Where an export goes on, from what its journal says. Pure. */
import type { Checkpoint, ExportFile, ExportJournal } from './types.ts';

/** Where a run begins to read, and what becomes of the files that are there. */
export interface Start {
  /** Of several tables the one that is read first, from 0; one past the last where all are whole. */
  readonly table: number;
  /** Rows before it that count. */
  readonly rows: number;
  /** Goes on after this key in that table; null: at its beginning. */
  readonly after: readonly string[] | null;
  /** Finished files that stay. */
  readonly kept: readonly ExportFile[];
  /** The file that is gone on with in its middle; null: a new one is begun. */
  readonly middle: { readonly file: ExportFile; readonly checkpoint: Checkpoint } | null;
  /** Files that are written again from their beginning. */
  readonly anew: readonly ExportFile[];
}

export function startOf(journal: ExportJournal | null): Start {
  const { files = [], checkpoint = null } = journal ?? {};
  const last = files.at(-1);
  if (last?.endsTable) {
    const rows = rowsOf(files);
    return { table: last.table + 1, rows, after: null, kept: files, middle: null, anew: [] };
  }
  const table = last?.table ?? 0;
  if (last && checkpoint && checkpoint.after.length > 0) {
    const middle = checkpoint.bytes > 0 ? { file: last, checkpoint } : null;
    const anew = middle ? [] : [last];
    return { table, rows: checkpoint.rows, after: checkpoint.after, kept: files.slice(0, -1), middle, anew };
  }
  // Without a key a table is read again from its beginning; those before it are whole.
  const kept = files.filter((file) => file.table < table);
  return { table, rows: rowsOf(kept), after: null, kept, middle: null, anew: files.slice(kept.length) };
}

function rowsOf(files: readonly ExportFile[]): number {
  return files.reduce((sum, file) => sum + file.rows, 0);
}
