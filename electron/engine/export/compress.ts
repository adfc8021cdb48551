/** Compression of a file while it is written: in libuv's threads, in constant memory, with points to go on from. */
import { availableParallelism } from 'node:os';
import { constants, crc32, createBrotliCompress, createDeflateRaw, createZstdCompress } from 'node:zlib';
import type { Compression } from '../../../shared/export.ts';
import { CompressLane, type LaneStream } from './compress-lane.ts';

export interface Compressor {
  /**
   * Compresses the first `bytes` of `buffer`. Resolves when the buffer may be used again. Calls need not wait for each
   * other: what is under way is bounded by the buffers of the caller, and bytes come out in the order of the calls.
   */
  write(buffer: Buffer, bytes: number): Promise<void>;
  /**
   * Resolves when everything written so far was handed on, and decodes even if nothing followed. What it resolves to
   * (JSON) makes a later run go on behind these bytes; null where the method cannot.
   */
  boundary(): Promise<unknown>;
  /** Writes what ends the file and resolves when it was handed on. */
  end(): Promise<void>;
  /** Lets memory and threads go, at any moment; what was not handed on is lost. */
  close(): void;
}

/** Gets compressed bytes in order; they may be reused when it resolves. Slowness here is backpressure. */
export type TakeCompressed = (bytes: Uint8Array) => Promise<void> | void;

/** `resume`: what `boundary` gave at the end of what the file has already; left out for a new file. */
export function createCompressor(compression: Compression, take: TakeCompressed, resume?: unknown): Compressor {
  switch (compression) {
    case 'none':
      return new LanedCompressor(plain, take);
    case 'gzip':
      return new LanedCompressor(gzip(resume as GzipState | undefined), take);
    case 'zstd':
      return new LanedCompressor(zstd(resume as ZstdState | undefined), take);
    case 'brotli':
      return new LanedCompressor(brotli, take);
  }
}

/** What is particular to a method. */
interface Method {
  readonly lanes: number;
  create(): LaneStream | null;
  /** Of each piece where lanes work side by side: it ends on a byte and refers to nothing before it. */
  readonly flushPieces: number | null;
  /** Of what was held back, at a boundary. */
  readonly flushBoundary: number | null;
  /** Sees each piece in order. */
  saw?(piece: Buffer): void;
  readonly begin: Uint8Array | null;
  /** What ends the file; null: the stream's own end. */
  end(): Uint8Array | null;
  state(): unknown;
}

/**
 * Room for what a piece of 1 MiB becomes, mostly: each time it is full, the compressor stands still until the loop that
 * encodes has come round.
 */
const CHUNK = 512 * 1024;
const none = new Uint8Array(0);

const plain: Method = {
  lanes: 1,
  create: () => null,
  flushPieces: null,
  flushBoundary: null,
  begin: null,
  end: () => none,
  state: () => null,
};

interface GzipState {
  readonly crc: number;
  readonly bytes: number;
}

/**
 * One gzip member (RFC 1952) whose deflate blocks are made side by side, as pigz -i does: each piece is flushed in full,
 * so that it begins on a byte and without history. CRC and length are all that a later run needs to go on.
 * One thread gives 77 MB/s, an export 150 to 200. libuv has four threads; one is left to the disk.
 */
function gzip(resume: GzipState | undefined): Method {
  let { crc, bytes } = resume ?? { crc: 0, bytes: 0 };
  return {
    lanes: Math.min(3, availableParallelism()),
    create: () => createDeflateRaw({ level: 1, chunkSize: CHUNK }),
    flushPieces: constants.Z_FULL_FLUSH,
    flushBoundary: null,
    saw(piece) {
      crc = crc32(piece, crc);
      bytes += piece.length;
    },
    // No name, no time, “fastest”, an unknown system: the same rows give the same file.
    begin: resume ? null : Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255),
    end() {
      const trailer = Buffer.alloc(10);
      // An empty last block with fixed codes (RFC 1951, 3.2.6).
      trailer.writeUInt16LE(0x0003, 0);
      trailer.writeUInt32LE(crc, 2);
      trailer.writeUInt32LE(bytes % 2 ** 32, 6);
      return trailer;
    },
    state: (): GzipState => ({ crc, bytes }),
  };
}

interface ZstdState {
  /** True where the file ends inside a frame. */
  readonly open: boolean;
}

/**
 * One frame, flushed at boundaries; many readers stop silently after the first of several. Only a file that was
 * interrupted has more: an empty raw block (RFC 8878, 3.1.1.2) ends the frame that broke off, and the next one follows.
 */
function zstd(resume: ZstdState | undefined): Method {
  let open = false;
  const params = {
    [constants.ZSTD_c_compressionLevel]: 1,
    // 128 KiB stay in the processor's cache, which is a seventh of the work: and the places that level 1 remembers
    // (16 Ki of them) seldom lie farther back. The files are half a percent larger.
    [constants.ZSTD_c_windowLog]: 17,
  };
  return {
    lanes: 1,
    create: () => createZstdCompress({ chunkSize: CHUNK, params }),
    flushPieces: null,
    flushBoundary: constants.ZSTD_e_flush,
    saw(piece) {
      // A flush before the first byte does not even write the header of the frame.
      open ||= piece.length > 0;
    },
    begin: resume?.open === true ? Uint8Array.of(1, 0, 0) : null,
    end: () => null,
    state: (): ZstdState => ({ open }),
  };
}

const brotli: Method = {
  lanes: 1,
  create: () => createBrotliCompress({ chunkSize: CHUNK, params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
  flushPieces: null,
  flushBoundary: constants.BROTLI_OPERATION_FLUSH,
  begin: null,
  end: () => null,
  state: () => null,
};

/** Gives pieces to lanes in turn, and hands on what comes out in the order in which pieces came in. */
class LanedCompressor implements Compressor {
  readonly #method: Method;
  readonly #take: TakeCompressed;
  readonly #lanes: { readonly lane: CompressLane; free: Promise<unknown> }[];
  #pieces = 0;
  /** Settles when the last piece was handed on; rejects for good when one could not be. */
  #order: Promise<void>;

  constructor(method: Method, take: TakeCompressed) {
    this.#method = method;
    this.#take = take;
    this.#order = Promise.resolve(method.begin === null ? undefined : take(method.begin));
    this.#order.catch(() => {});
    this.#lanes = Array.from({ length: method.lanes }, () => ({
      lane: new CompressLane(method.create()),
      free: Promise.resolve(),
    }));
  }

  write(buffer: Buffer, bytes: number): Promise<void> {
    const piece = buffer.subarray(0, bytes);
    this.#method.saw?.(piece);
    return this.#add((lane) => lane.run(piece, this.#method.flushPieces));
  }

  async boundary(): Promise<unknown> {
    const state = this.#method.state();
    const { flushBoundary } = this.#method;
    if (flushBoundary !== null) await this.#add((lane) => lane.run(none, flushBoundary));
    await this.#order;
    return state;
  }

  async end(): Promise<void> {
    const trailer = this.#method.end();
    await this.#add((lane) => (trailer === null ? lane.end() : Promise.resolve([trailer])));
    await this.#order;
    this.close();
  }

  close(): void {
    for (const { lane } of this.#lanes) lane.close();
  }

  /**
   * Resolves when a lane has done the work. Its next piece may begin before these bytes were handed on, for the disk works
   * beside it, but not before those of all earlier pieces were.
   */
  async #add(work: (lane: CompressLane) => Promise<readonly Uint8Array[]>): Promise<void> {
    const turn = this.#lanes[this.#pieces++ % this.#lanes.length];
    if (!turn) throw new Error('A compressor without lanes');
    const before = this.#order;
    const done = turn.free.then(() => work(turn.lane));
    // Nobody waits for it once an earlier piece could not be handed on.
    done.catch(() => {});
    const handedOn = this.#handOn(done, before, turn.lane);
    handedOn.catch(() => {});
    this.#order = handedOn;
    turn.free = Promise.all([done, before]);
    turn.free.catch(() => {});
    await (this.#method === plain ? handedOn : done);
  }

  async #handOn(done: Promise<readonly Uint8Array[]>, before: Promise<void>, lane: CompressLane): Promise<void> {
    await before;
    for (const bytes of await done) {
      if (bytes.length > 0) await this.#take(bytes);
      lane.release(bytes);
    }
  }
}
