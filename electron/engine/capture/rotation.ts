/** When a new file begins, and what files are called. Pure. */
import type { CaptureRequest, Rotation } from '../../../shared/capture.ts';

/** What a file holds for this plan. */
export interface Filled {
  readonly rows: number;
  /** Bytes before compression. */
  readonly plain: number;
  readonly openedAt: number;
}

/** True where a record of `bytes` begins a new file. No file stays empty, however large its first record is. */
export function isFull({ bytes: most }: Rotation, { rows, plain }: Filled, bytes: number): boolean {
  return most !== null && rows > 0 && plain + bytes > most;
}

/**
 * Ms until a file is too old for another record; Infinity where age does not matter. A file of the far future is old too:
 * the clock was set back.
 */
export function untilOld({ seconds }: Rotation, { openedAt }: Filled, now: number): number {
  if (seconds === null) return Infinity;
  const left = openedAt + seconds * 1000 - now;
  return left > 2 * seconds * 1000 ? 0 : Math.max(0, left);
}

const suffixes: Readonly<Record<CaptureRequest['compression'], string>> = { none: '', gzip: '.gz', zstd: '.zst' };

/** What a file's name ends in, with its dot. */
export function extensionOf(content: 'ndjson' | 'text', compression: CaptureRequest['compression']): string {
  return (content === 'ndjson' ? '.ndjson' : '.txt') + suffixes[compression];
}

/**
 * The `number`-th file, or the one that is begun `at` (UTC, so that names go on growing when clocks are changed; to the ms,
 * so that names of one second sort as they were begun).
 */
export function fileName(stem: string, naming: Rotation['naming'], number: number, at: number, ext: string): string {
  if (naming === 'number') return `${stem}-${String(number).padStart(6, '0')}${ext}`;
  return `${stem}-${new Date(at).toISOString().slice(0, 23).replaceAll(/[:.]/g, '-')}${ext}`;
}

/** The number after the highest that files of this stem have. */
export function nextNumber(stem: string, names: readonly string[]): number {
  let last = 0;
  for (const name of names) {
    if (!name.startsWith(`${stem}-`)) continue;
    const number = /^(\d{6,12})[. ]/.exec(name.slice(stem.length + 1))?.[1];
    last = Math.max(last, Number(number ?? 0));
  }
  return last + 1;
}

/** The offsets of a file are told in another one beside it. */
export function indexName(name: string): string {
  return `${name}.index`;
}
