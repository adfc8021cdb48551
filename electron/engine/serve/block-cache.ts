/** Blocks of a remote on this disk, under a size limit: what was asked for longest ago makes room. */
import { closeSync, mkdirSync, openSync, rmSync } from 'node:fs';
import fs from 'node:fs';
import { join } from 'node:path';
import type { Identity } from '../../../shared/job.ts';
import { readAt } from './file-content.ts';

export const BLOCK = 256 * 1024;

/** The blocks of one version of the remote. */
export interface BlockStore {
  readonly size: number;
  has(block: number): boolean;
  /** Reads bytes of a block that is there, from an offset in it; fewer where it was dropped meanwhile. */
  read(block: number, offset: number, into: Buffer): Promise<number>;
  /** Keeps a block. Never waits for room, never fails: a cache that cannot write is a cache that has not. */
  put(block: number, bytes: Buffer): Promise<void>;
}

/** The cache of a share, empty; null where the disk has no place for one: the remote serves without. */
export function openBlockCache(home: string, id: string, limit: number): BlockCache | null {
  try {
    return limit > 0 ? new BlockCache(home, id, limit) : null;
  } catch (error) {
    process.emitWarning(`A share has no cache: ${String(error)}`, 'SluiceWarning');
    return null;
  }
}

export class BlockCache {
  readonly #path: string;
  readonly #slots: number;
  readonly #fd: number;
  #tag = '';
  /** Slot by block, the longest unused first. */
  #blocks = new Map<number, number>();
  #free: number[] = [];
  /** Slots that are being written now, also for a version that is not wanted any more. */
  readonly #written = new Set<number>();
  #isClosed = false;

  /** `limit` in bytes. The file holds nothing over a restart: who the blocks belong to is known in memory only. */
  constructor(home: string, id: string, limit: number) {
    const folder = join(home, 'cache');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#path = join(folder, `${id}.blocks`);
    rmSync(this.#path, { force: true });
    this.#fd = openSync(this.#path, 'wx+', 0o600);
    this.#slots = Math.floor(limit / BLOCK);
    this.#reset();
  }

  /**
   * The blocks of this version; those of another are forgotten. Nothing is kept where not every answer is proven to be of it
   * (`isProven`): a weak tag, or a date of the second that was still running, may be that of two versions.
   */
  version(identity: Identity, size: number, isProven: boolean): BlockStore {
    const tag = JSON.stringify([identity.finalUrl, identity.etag, identity.lastModified, size]);
    if (tag !== this.#tag) {
      this.#tag = tag;
      this.#reset();
    }
    const isCurrent = () => isProven && this.#tag === tag && !this.#isClosed;
    return {
      size,
      has: (block) => isCurrent() && this.#blocks.has(block),
      read: async (block, offset, into) => {
        const slot = this.#blocks.get(block);
        if (slot === undefined || !isCurrent()) return 0;
        this.#blocks.delete(block);
        this.#blocks.set(block, slot);
        const read = await readAt(this.#fd, into, into.length, slot * BLOCK + offset).catch(() => 0);
        // Given to another block while it was read: those bytes are somebody else's.
        return isCurrent() && this.#blocks.get(block) === slot ? read : 0;
      },
      put: async (block, bytes) => {
        if (!isCurrent() || this.#slots === 0 || this.#blocks.has(block)) return;
        const slot = this.#free.pop() ?? this.#evict();
        if (slot === null) return;
        this.#written.add(slot);
        const written = await writeAt(this.#fd, bytes, slot * BLOCK).catch(() => false);
        this.#written.delete(slot);
        if (written && isCurrent() && !this.#blocks.has(block)) this.#blocks.set(block, slot);
        else this.#free.push(slot);
      },
    };
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    closeSync(this.#fd);
    rmSync(this.#path, { force: true });
  }

  #reset(): void {
    this.#blocks = new Map();
    const all = Array.from({ length: Math.min(this.#slots, 1_000_000) }, (_, index) => this.#slots - 1 - index);
    // What is still being written for the last version would land on the next one's bytes: free when it is done.
    this.#free = all.filter((slot) => !this.#written.has(slot));
  }

  #evict(): number | null {
    const oldest = this.#blocks.entries().next().value;
    if (!oldest) return null;
    this.#blocks.delete(oldest[0]);
    return oldest[1];
  }
}

function writeAt(fd: number, bytes: Buffer, position: number): Promise<boolean> {
  return new Promise((resolve) => {
    fs.write(fd, bytes, 0, bytes.length, position, (error, written) => resolve(!error && written === bytes.length));
  });
}
