/** Files as they are served: opened once, checked on every request, closed a few seconds after the last. */
import fs, { constants, type BigIntStats } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { placeOf } from './real-place.ts';

const open = promisify(fs.open);
const fstat = promisify(fs.fstat) as (fd: number, options: { bigint: true }) => Promise<BigIntStats>;

/** Ms that a descriptor stays open after its last use. */
const LINGER = 3_000;
/** Most descriptors that are kept open without being used. */
const MOST_IDLE = 128;

/** One version of a file. */
export interface FileVersion {
  readonly size: number;
  /** Quoted. */
  readonly etag: string;
  /** Seconds since the epoch. */
  readonly modified: number;
}

/** Why a file is not served; `gone` for what is not there or may not be shown, which a reader must not tell apart. */
export class NotServed extends Error {
  override readonly name = 'NotServed';
}

/** Nanoseconds in which a file system may give two changes the same time: the kernel's tick is up to 10 ms. */
export const TICK = 20_000_000n;

/**
 * What tells this version of a file from any other. The ETag is strong: size, inode and both times, in nanoseconds; the
 * time of the inode's change too, because the time of the content can be set back. Within the file system's tick after
 * a change another may hide: until then the tag is weak.
 */
export function versionOf(stats: BigIntStats, now = Date.now()): FileVersion {
  const { size, ino, dev, mtimeNs, ctimeNs } = stats;
  const tag = [size, mtimeNs, ctimeNs, ino, dev].map((part) => part.toString(36)).join('-');
  const changed = ctimeNs > mtimeNs ? ctimeNs : mtimeNs;
  const weak = now * 1e6 < Number(changed + TICK);
  return {
    size: Number(size),
    etag: `${weak ? 'W/' : ''}"${tag}"`,
    modified: Math.floor(Math.min(Number(mtimeNs / 1_000_000n), now) / 1000),
  };
}

/**
 * True where an open file is as long as it was at `then`, but was written to: bytes of it are others now. Not of one that has
 * grown, as a log does.
 */
export function isRewritten(fd: number, then: BigIntStats): boolean {
  const now = fs.fstatSync(fd, { bigint: true });
  return now.size === then.size && now.mtimeNs !== then.mtimeNs;
}

/** An open file of one version. Whoever got it calls `release` once. */
export class OpenFile {
  readonly fd: number;
  readonly path: string;
  readonly stats: BigIntStats;
  version: FileVersion;
  /** Whatever a user computes once per version. */
  readonly notes = new Map<string, unknown>();
  users = 0;
  idleSince = 0;
  /** True once it is replaced or no more wanted: closed with its last user. */
  retired = false;

  constructor(fd: number, path: string, stats: BigIntStats) {
    this.fd = fd;
    this.path = path;
    this.stats = stats;
    this.version = versionOf(stats);
  }

  /** A version that was too young to be told from a next one may be old enough now. */
  renew(): void {
    this.version = versionOf(this.stats);
    this.notes.clear();
  }

  /** True where its bytes may have been written over since it was opened. What was only added to it has all that it had. */
  get isRewritten(): boolean {
    return isRewritten(this.fd, this.stats);
  }

  /** True where the path still leads to this version. */
  matches(stats: BigIntStats): boolean {
    const { dev, ino, size, mtimeNs, ctimeNs } = this.stats;
    return (
      stats.ino === ino &&
      stats.dev === dev &&
      stats.size === size &&
      stats.mtimeNs === mtimeNs &&
      stats.ctimeNs === ctimeNs
    );
  }
}

/** The server's open files, by real path. */
export class OpenFiles {
  readonly #files = new Map<string, OpenFile>();
  readonly #looks = new Map<string, Promise<OpenFile>>();
  readonly #sweep: NodeJS.Timeout;

  constructor() {
    this.#sweep = setInterval(() => this.#closeIdle(), 1_000).unref();
  }

  /**
   * The file at a path as it is now; call `release` when done. Requests that come while the path is being looked at
   * share that look.
   * @param path a real path: one that leads through a symbolic link, or by another spelling of a name, is not served
   * @throws NotServed where there is no regular file that may be read
   */
  async get(path: string): Promise<OpenFile> {
    let look = this.#looks.get(path);
    if (!look) {
      look = this.#look(path).finally(() => this.#looks.delete(path));
      this.#looks.set(path, look);
    }
    const file = await look;
    file.users += 1;
    return file;
  }

  release(file: OpenFile): void {
    file.users -= 1;
    file.idleSince = performance.now();
    if (file.users === 0 && file.retired) fs.close(file.fd, () => {});
  }

  close(): void {
    clearInterval(this.#sweep);
    for (const file of this.#files.values()) this.#retire(file);
  }

  async #look(path: string): Promise<OpenFile> {
    const known = this.#files.get(path);
    // Held while it is looked at, so that the sweep does not close it.
    if (known) known.users += 1;
    try {
      const now = await stat(path, { bigint: true }).catch(refuse);
      if (known && !known.retired && known.matches(now)) {
        if (known.version.etag.startsWith('W/')) known.renew();
        return known;
      }
      // Before it is opened: whoever waits at the other end of a FIFO would be let go, and lose what they write.
      if (!now.isFile()) throw new NotServed('Not a plain file');
      if (known) this.#retire(known);
      const opened = await openRegular(path);
      this.#files.set(path, opened);
      return opened;
    } finally {
      if (known) this.release(known);
    }
  }

  #retire(file: OpenFile): void {
    if (file.retired) return;
    file.retired = true;
    if (this.#files.get(file.path) === file) this.#files.delete(file.path);
    if (file.users === 0) fs.close(file.fd, () => {});
  }

  #closeIdle(): void {
    const now = performance.now();
    const idle = [...this.#files.values()].filter((file) => file.users === 0);
    const crowd = idle.length - MOST_IDLE;
    idle.forEach((file, index) => {
      if (index < crowd || now - file.idleSince > LINGER) this.#retire(file);
    });
  }
}

/**
 * Opens a regular file that is where its path says. Without waiting: a FIFO would block the thread that opens it for
 * ever, so the type is judged after a non-blocking open. The real path is compared after the open, with the inode, so
 * that a folder that becomes a symbolic link at the wrong moment leads nowhere.
 */
async function openRegular(path: string): Promise<OpenFile> {
  // Windows knows neither of the last two: undefined is 0 here.
  const { O_RDONLY, O_NONBLOCK, O_NOFOLLOW } = constants;
  const fd = await open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW).catch(refuse);
  try {
    const [stats, real] = await Promise.all([fstat(fd, { bigint: true }), placeOf(fd) ?? realpath(path)]);
    if (!stats.isFile() || real !== path) throw new NotServed('Not a plain file');
    const there = await stat(real, { bigint: true });
    if (there.ino !== stats.ino || there.dev !== stats.dev) throw new NotServed('Replaced while it was opened');
    return new OpenFile(fd, path, stats);
  } catch (error) {
    fs.close(fd, () => {});
    return refuse(error);
  }
}

function refuse(error: unknown): never {
  throw error instanceof NotServed ? error : new NotServed('Not there', { cause: error });
}
