import type { Identity } from '../../../shared/job.ts';
import type { BufferPool, TokenBucket } from '../flow/index.ts';
import type { Exchange, Network, RangeAsk, Verdict } from '../remote/index.ts';
import type { Hosts } from './hosts.ts';
import type { PartFile } from './part-file.ts';
import type { Known } from './proof.ts';
import type { Source } from './source.ts';
import type { DownloadOutcome } from './types.ts';

/** Why a slot stops without ending the run. */
export class SlotEnd extends Error {}

/** What a crew works for. */
export interface CrewOwner {
  readonly part: PartFile;
  readonly pool: BufferPool;
  readonly network: Network;
  readonly hosts: Hosts;
  /** The limits that hold for every connection: the job's own and the global one. */
  readonly limits: readonly TokenBucket[];
  readonly signal: AbortSignal;
  readonly sources: readonly Source[];
  /** A checksum, or those of the pieces, will tell whether all is of one version. */
  readonly isChecked: boolean;
  /** Total bytes; null while unknown. */
  size: number | null;
  /** A later answer tells the size that the first one did not. */
  promiseSize(size: number): void;
  readonly ended: boolean;
  end(outcome: DownloadOutcome): void;
  /** The bytes of a source's answer were found to be those on the disk: so much is known of it from now on. */
  learn(source: Source, known: Known): void;
  /** A part was taken that no validator proves to be of the same version. */
  doubt(): void;
  /** Answers of a source are of the same version by their size and date, and have other ETags (fault 29): none counts now. */
  distrustEtags(source: Source, identity: Identity): void;
  note(text: string, level: 'info' | 'warning'): void;
  /** Asks a source's own link and follows its redirects. */
  ask(source: Source, range: RangeAsk): Promise<{ exchange: Exchange; verdict: Verdict }>;
  received(bytes: number): void;
  /** A host turned a connection away, and its cap was lowered. */
  capped(host: string): void;
}
