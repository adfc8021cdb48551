import { Gauge, Layers, MonitorSmartphone } from 'lucide-react';
import { formatBytes, formatRate } from '../../../shared/format.ts';
import type { Reader, Share } from '../../../shared/share.ts';
import { waitedText } from '../figures.ts';
import { FlowBoxes } from '../ui/FlowBoxes.tsx';
import { shareIcons } from './icons.ts';
import { readerSentence, slowestOf } from './words.ts';
import styles from './Shares.module.css';

/** Somebody who reads now: how fast, how far, and what it waits for. */
export function ReaderLine({ share, reader }: { share: Share; reader: Reader }) {
  const { waited, range } = reader;
  const slowest = slowestOf(waited);
  return (
    <li>
      <p>
        <strong>{reader.address}</strong>
        <span>{formatRate(reader.rate)}</span>
      </p>
      <p className={styles.quiet} title={reader.agent}>
        {[reader.agent, reader.path === '/' ? '' : reader.path].filter(Boolean).join(' · ')}
      </p>
      <FlowBoxes
        boxes={[
          {
            icon: shareIcons[share.target.kind],
            word: 'Source',
            figure: waitedText(waited.source),
            slow: slowest === 'source',
          },
          { icon: Layers, word: 'Queue', figure: formatBytes(reader.queued), slow: false },
          ...(share.limit === null
            ? []
            : [{ icon: Gauge, word: 'Limit', figure: waitedText(waited.limit), slow: slowest === 'limit' }]),
          { icon: MonitorSmartphone, word: 'Reader', figure: waitedText(waited.reader), slow: slowest === 'reader' },
        ]}
      />
      <p className={styles.quiet}>
        {formatBytes(reader.sent)} sent
        {range && `, from ${formatBytes(range[0])} to ${formatBytes(range[1])}`}
      </p>
      <p>{readerSentence(share.target.kind, reader)}.</p>
    </li>
  );
}
