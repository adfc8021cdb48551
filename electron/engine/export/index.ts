/** The export room: rows of PostgreSQL become files, in constant memory, resumable after anything. */
export { checkFormat } from './check-format.ts';
export { type Compressor, createCompressor } from './compress.ts';
export { createExports } from './exports.ts';
export { extensionOf } from './file-names.ts';
export { sampleOf } from './sample.ts';
export { streamRows, type StreamSpec, type TakeBytes } from './stream.ts';
export type { Checkpoint, ExportDetail, ExportEvent, ExportFile, ExportJournal, Exports, ExportSpec } from './types.ts';
export { Waits } from './waits.ts';
