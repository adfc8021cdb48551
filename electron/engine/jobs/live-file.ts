/** A download's file as somebody reads it while it is still being written. */
import { SluiceError } from '../../../shared/failure.ts';
import type { Downloads } from '../download/index.ts';
import type { LiveFile } from '../serve/index.ts';
import { singleFileOf } from './job-files.ts';
import type { DownloadRecord } from './job-record.ts';

export interface LiveFileParts {
  readonly downloads: Pick<Downloads, 'readable'>;
  readonly isRunning: (id: string) => boolean;
  /** Resolves when the job is in another state, or gone. */
  readonly changed: (id: string, signal: AbortSignal) => Promise<void>;
}

/**
 * What the serve room reads: the record is looked at anew at each question. It is of the file that the download has now:
 * once that is begun anew, or moved to another disk, whoever has it open would read what nobody writes any more.
 */
export function liveFileOf(record: DownloadRecord, { downloads, isRunning, changed }: LiveFileParts): LiveFile {
  const { generation } = record;
  const isAnother = () => record.generation !== generation;

  return {
    get name() {
      return record.name;
    },
    get size() {
      return record.size;
    },
    get finishedAt() {
      return record.state.kind === 'completed' ? record.state.at : null;
    },
    path: () => singleFileOf(record),
    async readable(position, signal) {
      for (;;) {
        signal.throwIfAborted();
        const { state, size } = record;
        if (isAnother()) throw new SluiceError('not-in-this-state', { name: record.name, state: state.kind });
        switch (state.kind) {
          case 'completed':
            return size ?? 0;
          case 'failed':
          case 'cancelled':
            throw new SluiceError('not-in-this-state', { name: record.name, state: state.kind });
          default:
        }
        if (isRunning(record.id)) {
          const end = await downloads.readable(record.id, position, signal);
          // It may have ended, and begun anew, meanwhile.
          if (end !== null && !isAnother()) return end;
        } else {
          const run = record.journal?.committed.find(([from, to]) => from <= position && position < to);
          if (run) return run[1];
          await changed(record.id, signal);
        }
      }
    },
  };
}
