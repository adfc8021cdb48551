import { Check, Copy, X } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { Failure } from '../../../shared/failure.ts';
import { formatBytes, formatDuration, formatRate } from '../../../shared/format.ts';
import type { Access, Reader, Share, ShareDetail } from '../../../shared/share.ts';
import details from '../details/Details.module.css';
import { Fact, Facts, Section } from '../details/Facts.tsx';
import { RateChart } from '../details/RateChart.tsx';
import { useClient, useLive, useServices } from '../services.tsx';
import { failureOf, followStream } from '../transport/index.ts';
import { Button, IconButton } from '../ui/Button.tsx';
import { Note } from '../ui/Field.tsx';
import { useNow } from '../ui/use-now.ts';
import { AudienceField } from './AudienceField.tsx';
import { ShareChanges } from './ShareChanges.tsx';
import { QrCode } from './QrCode.tsx';
import { endsText, readerSentence, trafficText } from './words.ts';
import styles from './Shares.module.css';

/** One share: its link for people and phones, who reads it now, and who did. */
export function ShareDetails({ share }: { share: Share }) {
  const { view } = useServices();
  const client = useClient();
  const detail = useShareDetail(share.id);
  const now = useNow(share.state.kind === 'on');
  const [problem, setProblem] = useState<Failure | null>(null);
  const attempt = async (call: () => Promise<unknown>) => {
    try {
      await call();
      setProblem(null);
    } catch (error) {
      setProblem(failureOf(error));
    }
  };
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
              <ReaderLine key={reader.id} reader={reader} />
            ))}
          </ul>
        ) : (
          <p className={styles.quiet}>Nobody.</p>
        )}
      </Section>
      <AudienceField
        value={share.audience}
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

function useShareDetail(id: string): ShareDetail | null {
  const client = useClient();
  const live = useLive();
  const [detail, setDetail] = useState<ShareDetail | null>(null);
  useEffect(() => {
    if (!live) return undefined;
    return followStream(() => client.shares.detail({ id }), setDetail);
  }, [client, id, live]);
  return detail?.id === id ? detail : null;
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

function ReaderLine({ reader }: { reader: Reader }) {
  return (
    <li>
      <p>
        <strong>{reader.address}</strong>
        <span>{formatRate(reader.rate)}</span>
      </p>
      <p className={styles.quiet} title={reader.agent}>
        {[reader.agent, reader.path === '/' ? '' : reader.path].filter(Boolean).join(' · ')}
      </p>
      <p className={styles.quiet}>
        {formatBytes(reader.sent)} sent · {readerSentence(reader.waited)}
      </p>
    </li>
  );
}

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });

function AccessTable({ log }: { log: readonly Access[] }) {
  return (
    <table className={`${details.files} ${styles.log}`}>
      <thead>
        <tr>
          <th scope="col">Who and what</th>
          <th scope="col">Answer</th>
          <th scope="col">Sent</th>
        </tr>
      </thead>
      <tbody>
        {log.toReversed().map(({ at, address, method, path, status, sent, took }, i) => (
          // The newest first: the place from the end is its name.
          // oxlint-disable-next-line react/no-array-index-key
          <tr key={log.length - i}>
            <td title={`${clock.format(at)} ${address} ${method} ${path}`}>
              {clock.format(at)} {address} {method} {path}
            </td>
            <td>{status}</td>
            <td title={formatDuration(took / 1000)}>{formatBytes(sent)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
