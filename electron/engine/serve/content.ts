/** What every share with a size is to the HTTP face: bytes that can be read in order from anywhere. */
import type { Validators } from './preconditions.ts';

/** Bytes that are lent: nobody writes into them until `release`. */
export interface Chunk {
  readonly bytes: Buffer;
  release(): void;
}

/** Reads a range once, in order. At most two chunks may be out at a time. */
export interface ByteReader {
  /**
   * The next bytes, about `size` where there is a choice and never more than are left; null at the end. Where the bytes
   * that were promised are not there any more it rejects: nothing is padded.
   */
  next(size: number): Promise<Chunk | null>;
  /** Frees what it holds; a read that is on its way ends by itself. Chunks that are out are still given back. */
  close(): void;
}

/** One representation (RFC 9110 §3.2): a version of something that is served. */
export interface Content extends Validators {
  /** Bytes. */
  readonly size: number;
  readonly mediaType: string;
  /** The content codings that its bytes are in (RFC 9110 §8.4); missing where there are none. */
  readonly coding?: string | null;
  /** True where nothing says which version bytes are of: what is opened twice may be of two. */
  readonly unversioned?: boolean;
  /** What it is saved as. */
  readonly name: string;
  /** [start, end), never empty. Called only between the content's being got and its `release`. */
  open(start: number, end: number, transfer: { readonly signal: AbortSignal }): ByteReader;
  /** Whatever is computed once per version, kept as long as somebody has it open. */
  readonly notes?: Map<string, unknown>;
  /** SHA-256 of all of it, where that can be had (RFC 9530); null where it costs too much. */
  digest?(): Promise<Buffer | null>;
  /** Called once, when the response is done with it. */
  release(): void;
}
