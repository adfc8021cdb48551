import type { Downloads } from '../download/index.ts';
import type { Exports } from '../export/index.ts';

export interface SharedLimitParts {
  readonly downloads: Pick<Downloads, 'setGlobalLimit'>;
  readonly exports: Pick<Exports, 'setGlobalLimit'>;
  /** Runs of a kind that move, or could. */
  readonly running: (kind: 'download' | 'export') => number;
}

/**
 * The limit over all jobs. Downloads and exports move their bytes in threads of their own, each with a token bucket:
 * the limit is shared out between the two by the number of runs, so that both together keep it.
 */
export class SharedLimit {
  readonly #parts: SharedLimitParts;
  #limit: number | null = null;
  #applied: { download: number | null; export: number | null } = { download: null, export: null };

  constructor(parts: SharedLimitParts) {
    this.#parts = parts;
  }

  /** Bytes per second; null: no limit. */
  set(limit: number | null): void {
    this.#limit = limit;
    this.refresh();
  }

  /** Other runs go on now. */
  refresh(): void {
    const { downloads, exports, running } = this.#parts;
    const { download, export: exporting } = shares(this.#limit, running('download'), running('export'));
    if (download !== this.#applied.download) downloads.setGlobalLimit(download);
    if (exporting !== this.#applied.export) exports.setGlobalLimit(exporting);
    this.#applied = { download, export: exporting };
  }
}

/** Whoever is alone has all of it. */
export function shares(
  limit: number | null,
  downloads: number,
  exports: number,
): { readonly download: number | null; readonly export: number | null } {
  if (limit === null || downloads === 0 || exports === 0) return { download: limit, export: limit };
  const download = Math.max(1, Math.round((limit * downloads) / (downloads + exports)));
  return { download, export: Math.max(1, limit - download) };
}
