/** A share of a download, also while it runs: a read of bytes that are not there yet fetches those first, and waits. */
import { constants, type BigIntStats } from 'node:fs';
import { lstat, open, type FileHandle } from 'node:fs/promises';
import { answerContent } from './answer-content.ts';
import type { ByteReader, Chunk, Content } from './content.ts';
import { FileReader, mediaTypeOf, readAt, ShortFile } from './file-content.ts';
import { isRewritten, versionOf } from './open-files.ts';
import { notFound, Refusal } from './refusal.ts';
import { MIDDLE, type ServeBuffers } from './serve-buffers.ts';
import { requireName, type Service, type ServeTools } from './service.ts';
import type { LiveFile } from './types.ts';

export function liveShare(job: string, { world, buffers }: ServeTools): Service {
  const find = () => world.liveFile(job);
  let name = 'download';
  try {
    name = find().name;
  } catch {
    // Its job is gone since the last start: the share says so.
  }

  return {
    get linkName() {
      return name;
    },
    methods: [],
    get size() {
      try {
        return find().size;
      } catch {
        return null;
      }
    },
    get trouble() {
      try {
        name = find().name;
        return null;
      } catch {
        return 'The download is not in the list any more.';
      }
    },
    async answer(call) {
      let live: LiveFile;
      try {
        live = find();
      } catch {
        throw new Refusal(404, 'The download is not there any more.');
      }
      name = live.name;
      requireName(call, name);
      const { size } = live;
      if (size === null) throw new Refusal(503, 'Its size is not known yet.', ['Retry-After', '2']);
      // The part file, then the finished one: one inode, so that this descriptor serves both.
      const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
      const path = live.path();
      // Before it is opened: a FIFO in its place has somebody at its other end.
      if ((await lstat(path).catch(() => null))?.isFile() === false) throw notFound();
      const handle = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch(() => {
        if (live.finishedAt !== null) throw notFound();
        throw new Refusal(503, 'It has not begun yet.', ['Retry-After', '2']);
      });
      try {
        await answerContent(call.request, call.transfer, await contentOf(live, size, handle), call.options.disposition);
      } finally {
        await handle.close();
      }
    },
    close() {},
  };

  async function contentOf(live: LiveFile, size: number, handle: FileHandle): Promise<Content> {
    const stats = await handle.stat({ bigint: true });
    // A FIFO in its place, opened without waiting.
    if (!stats.isFile()) throw notFound();
    const facts = { mediaType: mediaTypeOf(live.name), name: live.name, release() {} };
    const { finishedAt } = live;
    if (finishedAt !== null && (Number(stats.size) !== size || Number(stats.mtimeMs) > finishedAt)) {
      // Somebody has changed it since: it is a file like any other.
      const { size: now, etag, modified } = versionOf(stats);
      const { fd } = handle;
      const file = {
        fd,
        get isRewritten() {
          return isRewritten(fd, stats);
        },
      };
      const open = (start: number, end: number) => new FileReader(file, start, end, buffers);
      return { ...facts, size: now, etag, lastModified: modified, open };
    }
    const { ino, dev, birthtimeNs } = stats;
    return {
      ...facts,
      size,
      // A download is one representation from its first byte to its last: it was proven to be. Begun anew it is another
      // file, and has another tag.
      etag: `"live-${[ino, dev, birthtimeNs, size].map((part) => part.toString(36)).join('-')}"`,
      lastModified: null,
      open: (start, end, { signal }) => new LiveReader(live, { handle, stats }, start, end, buffers, signal),
    };
  }
}

/** A file that is open, as it was then. */
interface OpenFile {
  readonly handle: FileHandle;
  readonly stats: BigIntStats;
}

/**
 * @throws ShortFile where the download writes another file now: it was begun anew, or moved to another disk. What of that
 * one is readable says nothing of the one that is open, where holes are read as zeros.
 */
async function requireSame({ handle, stats }: OpenFile, live: LiveFile): Promise<void> {
  // Between its two names a finished file has none that is known here; then it still has one at all.
  const now = await lstat(live.path(), { bigint: true }).catch(() => handle.stat({ bigint: true }));
  const { dev, ino, birthtimeNs } = now;
  if (now.nlink > 0n && dev === stats.dev && ino === stats.ino && birthtimeNs === stats.birthtimeNs) return;
  throw new ShortFile('The download has begun anew, or is elsewhere');
}

class LiveReader implements ByteReader {
  readonly #live: LiveFile;
  readonly #file: OpenFile;
  readonly #end: number;
  readonly #buffers: ServeBuffers;
  readonly #abort = new AbortController();
  readonly #signal: AbortSignal;
  #position: number;
  /** Up to where bytes are known to be there. */
  #known = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(live: LiveFile, file: OpenFile, start: number, end: number, buffers: ServeBuffers, signal: AbortSignal) {
    this.#live = live;
    this.#file = file;
    this.#position = start;
    this.#end = end;
    this.#buffers = buffers;
    this.#signal = AbortSignal.any([signal, this.#abort.signal]);
  }

  next(size: number): Promise<Chunk | null> {
    const chunk = this.#last.then(() => this.#next(size));
    this.#last = chunk.catch(() => {});
    return chunk;
  }

  close(): void {
    this.#abort.abort(new Error('Nobody reads on'));
  }

  async #next(size: number): Promise<Chunk | null> {
    const position = this.#position;
    if (position >= this.#end) return null;
    if (this.#known <= position) {
      const known = await this.#live.readable(position, this.#signal);
      await requireSame(this.#file, this.#live);
      this.#known = known;
    }
    const wanted = Math.min(size, this.#end - position, Math.max(1, this.#known - position));
    // Small: what waits for a download is slow anyway.
    const buffer = this.#buffers.take(Math.min(wanted, MIDDLE)) ?? this.#buffers.takeFirst();
    const length = Math.min(buffer.length, wanted);
    const read = await readAt(this.#file.handle.fd, buffer, length, position).catch((error: unknown) => {
      this.#buffers.give(buffer);
      throw error;
    });
    const { finishedAt } = this.#live;
    const isLast = finishedAt !== null && position + length === this.#end;
    if (read < length || (isLast && Math.floor((await this.#file.handle.stat()).mtimeMs) > finishedAt)) {
      this.#buffers.give(buffer);
      throw new ShortFile('The download became shorter, or was rewritten');
    }
    this.#position = position + length;
    return { bytes: buffer.subarray(0, length), release: () => this.#buffers.give(buffer) };
  }
}
