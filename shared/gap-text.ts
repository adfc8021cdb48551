import type { Gap } from './capture.ts';
import { formatDuration } from './format.ts';

const words: Readonly<Record<Gap['why'], string>> = {
  disconnected: 'disconnected',
  dropped: 'queue full',
  paused: 'paused',
  source: 'missed by the source',
};

/** “disconnected, 5 s, nothing lost”, “queue full, still, 412 records lost”. */
export function gapText({ from, to, why, records }: Gap): string {
  const long = to === null ? 'still' : formatDuration(Math.max(1, (to - from) / 1000));
  const count = records === null || records === 0 ? '' : records.toLocaleString('en');
  const lost =
    records === null ? '' : count === '' ? ', nothing lost' : `, ${count} ${records === 1 ? 'record' : 'records'} lost`;
  return `${words[why]}, ${long}${lost}`;
}
