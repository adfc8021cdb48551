import type { Audience } from '../../../shared/share.ts';
import { useClient, useMirror } from '../services.tsx';
import { useAnswer } from '../transport/index.ts';
import { keysOf } from '../ui/keys-of.ts';
import { audienceWords } from './words.ts';
import styles from './Shares.module.css';

interface AudienceFieldProps {
  value: Audience;
  /** Where it changes, the network is looked at again. */
  asOf?: string;
  onChange: (audience: Audience) => void;
}

/** Who may: the network only by a deliberate choice, which shows where this computer is then found. */
export function AudienceField({ value, asOf = '', onChange }: AudienceFieldProps) {
  const client = useClient();
  const isHttps = useMirror((mirror) => mirror.settings?.shareHttps ?? false);
  const { answer } = useAnswer(value === 'network' ? `${isHttps} ${asOf}` : null, (signal) =>
    client.shares.network(undefined, { signal }),
  );
  const network = answer?.ok ? answer.value : null;
  return (
    <fieldset className={styles.audience}>
      <legend>Who may read it</legend>
      {keysOf(audienceWords).map((one) => (
        <label key={one}>
          <input type="radio" name="audience" checked={one === value} onChange={() => onChange(one)} />
          {audienceWords[one]}
        </label>
      ))}
      {value === 'network' && (
        <p className={styles.note} role="status">
          {network
            ? network.addresses.length > 0
              ? `Anyone with the link in this network: ${network.addresses.map(({ address }) => address).join(', ')}${network.https ? ', over HTTPS' : ''}.`
              : 'This computer is in no network now.'
            : 'Looking for networks…'}
        </p>
      )}
      {value === 'network' && network?.fingerprint && (
        <p className={styles.note}>
          A browser warns of this computer’s own certificate. It is the right one where it shows this SHA-256
          fingerprint: <code className={styles.fingerprint}>{network.fingerprint}</code>
        </p>
      )}
    </fieldset>
  );
}
