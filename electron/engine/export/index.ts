/** The export room: rows of PostgreSQL become files, in constant memory, resumable after anything. */
export { extensionOf } from './file-names.ts';
export type { Checkpoint, ExportDetail, ExportEvent, ExportFile, ExportJournal, Exports, ExportSpec } from './types.ts';
