/** What a person does about a download that has stopped. */
import type { FailureCode } from '../../shared/failure.ts';
import type { AttentionChoice, DownloadJob } from '../../shared/job.ts';
import type { DecisionDetails } from '../../electron/engine/index.ts';
import type { Random } from '../servers/random.ts';
import type { Target } from './target.ts';
import { Violation } from './violation.ts';

export type Deed =
  | { readonly kind: 'resume' | 'retry' }
  /** Its files too: it is added again. */
  | { readonly kind: 'remove' }
  | { readonly kind: 'decide'; readonly choice: AttentionChoice; readonly details: DecisionDetails };

/** What servers that are slow, busy or gone for a while, and disks that are full for a while, may end a run with. */
const PASSING: readonly FailureCode[] = ['disk-full', 'disk-error', 'too-busy', 'connection-lost', 'size-mismatch'];
/** What an expired link may end a run with. */
const EXPIRED: readonly FailureCode[] = ['forbidden', 'link-expired', 'other-file'];

export interface Circumstances {
  /** Folders to choose from, beside the one where it is. */
  readonly folders: readonly string[];
  /** How often the right link was pasted since the last one expired. */
  readonly pasted: number;
  /** True once the store lost its end, and with it perhaps where a file was moved to. */
  readonly wasTorn: boolean;
  /** True: whatever leads to the end soonest. */
  readonly isHasty: boolean;
}

/** A right link that is refused more often is given up. */
const MOST_PASTES = 3;

/**
 * The next step; null where there is none to take: it has ended, or goes on by itself.
 * @throws Violation where it stopped for a reason that it cannot have had
 */
export function nextDeed(
  { state, url, ranges, folder }: DownloadJob,
  target: Target,
  random: Random,
  { folders, pasted, wasTorn, isHasty }: Circumstances,
): Deed | null {
  if (state.kind === 'paused') return { kind: 'resume' };
  if (state.kind !== 'attention' && state.kind !== 'failed') return null;
  const { code } = state.failure;
  if (code === 'checksum-mismatch' && target.ends !== 'complete') return null;
  if (target.impostor !== null && EXPIRED.includes(code)) {
    if (state.kind === 'failed') return { kind: url === target.request.url ? 'retry' : 'remove' };
    // With nothing to compare it with, whatever a link leads to is the file.
    const isWrong = !isHasty && ranges.length > 0 && random.chance(0.4);
    if (isWrong) return { kind: 'decide', choice: 'new-link', details: { url: target.impostor } };
    if (pasted >= MOST_PASTES) return { kind: 'remove' };
    return { kind: 'decide', choice: 'new-link', details: { url: target.request.url } };
  }
  if (target.ends === 'somehow') return null;
  if (code === 'part-missing' && wasTorn) return { kind: 'decide', choice: 'start-over', details: {} };
  // A liar's bytes are here, and honest links differ from them.
  if (code === 'changed' && target.mirrors.lying > 0) return { kind: 'decide', choice: 'start-over', details: {} };
  if (!PASSING.includes(code)) throw new Violation(`${target.manner} ended as ${JSON.stringify(state)}`);
  const others = folders.filter((one) => one !== folder);
  const [first, ...more] = others;
  if (code === 'disk-full' && state.kind === 'attention' && first !== undefined && !isHasty && random.chance(0.5)) {
    return { kind: 'decide', choice: 'change-folder', details: { folder: random.pick([first, ...more]) } };
  }
  return { kind: 'retry' };
}
