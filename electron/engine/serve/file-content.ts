/** A file of this disk as content. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { basename, extname } from 'node:path';
import mime from 'mime';
import type { ByteReader, Chunk, Content } from './content.ts';
import type { OpenFile, OpenFiles } from './open-files.ts';
import { LARGE, type ServeBuffers } from './serve-buffers.ts';

/** Hashing a larger file before the first byte goes out would keep the reader waiting. */
const MOST_HASHED = 2 ** 30;

/** What Sluice itself writes and no list has. */
const own: Readonly<Record<string, string>> = {
  '.ndjson': 'application/x-ndjson',
  '.parquet': 'application/vnd.apache.parquet',
  '.zst': 'application/zstd',
};

/** The media type that a name stands for. Texts are UTF-8: everything else is the exception today. */
export function mediaTypeOf(name: string): string {
  const extension = extname(name).toLowerCase();
  const type = own[extension] ?? mime.getType(extension) ?? 'application/octet-stream';
  return type.startsWith('text/') || type === 'application/json' ? `${type}; charset=utf-8` : type;
}

/** Fills `buffer` from a position of a file. Fewer bytes: the file ends there. */
export function readAt(fd: number, buffer: Buffer, length: number, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const more = (done: number) => {
      fs.read(fd, buffer, done, length - done, position + done, (error, bytes) => {
        if (error) reject(error);
        else if (bytes === 0 || done + bytes === length) resolve(done + bytes);
        else more(done + bytes);
      });
    };
    more(0);
  });
}

/** A file that ended before the bytes that its head promised. */
export class ShortFile extends Error {
  override readonly name = 'ShortFile';
}

/** An open file, and whether its bytes are no longer those that were promised. */
export type Readable = Pick<OpenFile, 'fd' | 'isRewritten'>;

/** Reads [start, end) of an open file into reused buffers, two at most. The descriptor stays its owner's. */
export class FileReader implements ByteReader {
  readonly #file: Readable;
  readonly #end: number;
  readonly #buffers: ServeBuffers;
  #position: number;
  #lent = 0;
  #onReturn: (() => void) | null = null;

  constructor(file: Readable, start: number, end: number, buffers: ServeBuffers) {
    this.#file = file;
    this.#position = start;
    this.#end = end;
    this.#buffers = buffers;
  }

  async next(size: number): Promise<Chunk | null> {
    const position = this.#position;
    if (position >= this.#end) return null;
    const wanted = Math.min(size, this.#end - position);
    // Claimed before anything is awaited: a second `next` may come while this one reads.
    let buffer = this.#buffers.take(wanted);
    if (!buffer && this.#lent === 0) buffer = this.#buffers.takeFirst();
    if (!buffer) {
      await new Promise<void>((resolve) => {
        this.#onReturn = resolve;
      });
      buffer = this.#buffers.take(wanted) ?? this.#buffers.takeFirst();
    }
    this.#lent += 1;
    const length = Math.min(buffer.length, wanted);
    this.#position = position + length;
    const owned = buffer;
    try {
      const read = await readAt(this.#file.fd, owned, length, position);
      if (read < length) throw new ShortFile('The file became shorter while it was served');
      // With the last bytes an answer would be whole, under the tag of what it was at first.
      if (position + length === this.#end && this.#file.isRewritten) {
        throw new ShortFile('The file was rewritten while it was served');
      }
    } catch (error) {
      this.#return(owned);
      throw error;
    }
    return { bytes: owned.subarray(0, length), release: () => this.#return(owned) };
  }

  close(): void {
    // Its buffers come back with their chunks.
  }

  #return(buffer: Buffer): void {
    this.#lent -= 1;
    this.#buffers.give(buffer);
    this.#onReturn?.();
    this.#onReturn = null;
  }
}

/** The content of an open file. It is released with the content. */
export function fileContent(
  file: OpenFile,
  files: OpenFiles,
  buffers: ServeBuffers,
  name = basename(file.path),
): Content {
  const { size, etag, modified } = file.version;
  return {
    size,
    etag,
    lastModified: modified,
    name,
    mediaType: mediaTypeOf(name),
    notes: file.notes,
    open: (start, end) => new FileReader(file, start, end, buffers),
    digest: () => digestOf(file),
    release: () => files.release(file),
  };
}

/** SHA-256 of an open file, computed once per version, for all who ask meanwhile; null for a large one. */
async function digestOf(file: OpenFile): Promise<Buffer | null> {
  if (file.version.size > MOST_HASHED) return null;
  const known = file.notes.get('sha-256') as Promise<Buffer> | undefined;
  if (known) return known;
  const digest = hashOf(file);
  file.notes.set('sha-256', digest);
  digest.catch(() => file.notes.delete('sha-256'));
  // To its end, also where this reader goes away: it holds the file open for the others.
  return digest;
}

async function hashOf({ fd, version }: OpenFile): Promise<Buffer> {
  const hash = createHash('sha256');
  const piece = Buffer.allocUnsafeSlow(LARGE);
  for (let at = 0; at < version.size; at += LARGE) {
    const length = Math.min(LARGE, version.size - at);
    if ((await readAt(fd, piece, length, at)) < length) throw new ShortFile('The file became shorter');
    hash.update(piece.subarray(0, length));
  }
  return hash.digest();
}
