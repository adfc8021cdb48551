import { Check, Copy, X } from 'lucide-react';
import { useState } from 'react';
import { formatBytes, formatDuration } from '../../../shared/format.ts';
import type { Access, Share, ShareDetail } from '../../../shared/share.ts';
import { Fact, Facts, Section } from '../details/Facts.tsx';
import { RateChart } from '../details/RateChart.tsx';
import { useStream } from '../mirror/use-stream.ts';
import { useClient, useServices } from '../services.tsx';
import { Button, IconButton } from '../ui/Button.tsx';
import { Note } from '../ui/Field.tsx';
import table from '../ui/Table.module.css';
import { useAttempt } from '../ui/use-attempt.ts';
import { useNow } from '../ui/use-now.ts';
import { clock } from '../words.ts';
import { AudienceField } from './AudienceField.tsx';
import { ReaderLine } from './ReaderLine.tsx';
import { ShareChanges } from './ShareChanges.tsx';
import { QrCode } from './QrCode.tsx';
import { endsText, trafficText } from './words.ts';
import styles from './Shares.module.css';

/** One share: its link for people and phones, who reads it now, and who did. */
export function ShareDetails({ share }: { share: Share }) {
  const { view } = useServices();
  const client = useClient();
  const detail = useStream<ShareDetail>(share.id, (id) => client.shares.detail({ id }));
  const now = useNow(share.state.kind === 'on');
  const { problem, attempt } = useAttempt();
  return (
    <aside className={styles.panel} aria-label="Share">
      <div className={styles.heading}>
        <h3>{share.name}</h3>
        <IconButton label="Close details" onClick={() => view.setState({ share: null })}>
          <X size={15} />
        </IconButton>
      </div>
      {share.state.kind === 'broken' && <p className={styles.broken}>{share.state.message}</p>}
      <Links share={share} />
      <p className={styles.quiet}>
        {trafficText(share)} · {endsText(share, now)}
      </p>
      {detail && detail.rates.length > 0 && (
        <Section title="Speed">
          <RateChart rates={detail.rates} />
        </Section>
      )}
      <Section title="Reads it now">
        {detail && detail.readers.length > 0 ? (
          <ul className={styles.readers}>
            {detail.readers.map((reader) => (
              <ReaderLine key={reader.id} share={share} reader={reader} />
            ))}
          </ul>
        ) : (
          <p className={styles.quiet}>Nobody.</p>
        )}
      </Section>
      <AudienceField
        value={share.audience}
        asOf={share.links.join(' ')}
        onChange={(audience) => void attempt(() => client.shares.change({ id: share.id, options: { audience } }))}
      />
      <ShareChanges share={share} attempt={attempt} />
      <Note problem={problem} />
      {detail && detail.queue.size > 0 && (
        <Facts>
          <Fact name="Buffers">
            {formatBytes(detail.queue.used)} of {formatBytes(detail.queue.size)}
          </Fact>
        </Facts>
      )}
      {detail && detail.log.length > 0 && (
        <Section title="Access">
          <AccessTable log={detail.log} />
        </Section>
      )}
      <div>
        <Button
          small
          kind="danger"
          onClick={() => void attempt(() => client.shares.revoke({ ids: [share.id] }))}
          title="The link stops at once and is never valid again"
        >
          Revoke
        </Button>
      </div>
    </aside>
  );
}

/** The likeliest link as text and for a camera; the others below it. */
function Links({ share }: { share: Share }) {
  const [copied, setCopied] = useState<string | null>(null);
  const copy = async (link: string) => {
    await navigator.clipboard.writeText(link).then(
      () => setCopied(link),
      () => undefined,
    );
  };
  const [first] = share.links;
  if (share.state.kind !== 'on' || !first) return null;
  return (
    <div className={styles.links}>
      {share.links.map((link) => (
        <div key={link} className={styles.link}>
          <code>{link}</code>
          <IconButton label={copied === link ? 'Copied' : 'Copy link'} onClick={() => void copy(link)}>
            {copied === link ? <Check size={15} /> : <Copy size={15} />}
          </IconButton>
        </div>
      ))}
      <QrCode text={first} />
      {share.audience === 'this-computer' && (
        <p className={styles.quiet}>Only this computer reaches it. Open it to the network for a phone.</p>
      )}
    </div>
  );
}

function AccessTable({ log }: { log: readonly Access[] }) {
  return (
    <table className={`${table.table} ${styles.log}`}>
      <thead>
        <tr>
          <th scope="col">Who and what</th>
          <th scope="col">Answer</th>
          <th scope="col">Sent</th>
        </tr>
      </thead>
      <tbody>
        {log.toReversed().map(({ at, address, method, path, status, sent, took, times = 1 }, i) => (
          // The newest first: the place from the end is its name.
          // oxlint-disable-next-line react/no-array-index-key
          <tr key={log.length - i}>
            <td title={`${clock(at)} ${address} ${method} ${path}`}>
              {clock(at)} {address} {method} {path}
            </td>
            <td>{times > 1 ? `${status} × ${times.toLocaleString('en')}` : status}</td>
            <td title={formatDuration(took / 1000)}>{formatBytes(sent)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
