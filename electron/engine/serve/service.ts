/** What every kind of share is to the dispatcher. */
import type { IncomingMessage } from 'node:http';
import type { ShareOptions } from '../../../shared/share.ts';
import type { Limits } from './face.ts';
import type { OpenFiles } from './open-files.ts';
import { notFound, Refusal } from './refusal.ts';
import { encodePath, type Target } from './request-target.ts';
import type { FirstSeen } from './remote-source.ts';
import type { ServeBuffers } from './serve-buffers.ts';
import type { UnfinishedPart } from './share-record.ts';
import type { Transfer } from './transfer.ts';
import type { ServeWorld } from './types.ts';
import type { ZipThread } from './zip-thread.ts';

/** A request that may be answered: it came to the right host, with the right link and password. */
export interface Call {
  readonly request: IncomingMessage;
  readonly transfer: Transfer;
  readonly target: Target;
  /** Whether the connection may carry more after this answer, once the request's body is read. */
  readonly keepsAlive: boolean;
  /** “/s/TOKEN” */
  readonly base: string;
  readonly options: ShareOptions;
}

export interface Service {
  /** The name at the end of the share's link; empty for a folder. */
  readonly linkName: string;
  /** Methods it answers besides GET, HEAD and OPTIONS. */
  readonly methods: readonly string[];
  /** Bytes of the whole; null where there is no end or it is not known. */
  readonly size: number | null;
  /** Why what it serves is not there; null while it is. */
  readonly trouble: string | null;
  /** Answers a request with one of its methods; resolves when the system took the answer. */
  answer(call: Call): Promise<void>;
  close(): void;
}

/** What services share. */
export interface ServeTools {
  readonly world: ServeWorld;
  readonly files: OpenFiles;
  readonly buffers: ServeBuffers;
  readonly archives: ZipThread;
  readonly limits: Limits;
  /** Something that is shown of a share changed. */
  readonly changed: () => void;
  /** Of a remote: kept with the share, so that a restart does not forget it. */
  readonly firstSeen: FirstSeen;
  /** What was put into the share since it was made: bytes, and the files that are on their way. */
  readonly uploaded: {
    total(): number;
    add(bytes: number): void;
    /** What was kept last, also before a restart. */
    unfinished(): readonly UnfinishedPart[];
    keep(unfinished: UnfinishedPart[]): void;
  };
}

/**
 * For a share that is one thing under one name: passes the request for it, leads the bare link there, and knows nothing
 * else.
 * @throws Refusal
 */
export function requireName({ target, base }: Call, name: string): void {
  const { segments } = target;
  if (segments.length === 1 && segments[0] === name) return;
  if (segments.length === 0 || (segments.length === 1 && segments[0] === '')) {
    throw new Refusal(302, 'It is here.', ['Location', `${base}/${encodePath([name])}`]);
  }
  throw notFound();
}
