import { useState } from 'react';
import type { Failure } from '../../../shared/failure.ts';
import { failure } from '../../../shared/failure.ts';
import { parseRate } from '../../../shared/format.ts';
import type { Audience, ShareKind, ShareRequest, ShareTarget } from '../../../shared/share.ts';
import { limitProblem } from '../add/options.ts';
import { useClient, useMirror, useProfiles, useServices } from '../services.tsx';
import { failureOf, useAnswer } from '../transport/index.ts';
import { Button } from '../ui/Button.tsx';
import { Checkbox } from '../ui/Checkbox.tsx';
import { Note, SelectField, TextArea, TextField } from '../ui/Field.tsx';
import { FormDialog } from '../ui/FormDialog.tsx';
import { keysOf } from '../ui/keys-of.ts';
import type { ShareDraft } from '../view/view.ts';
import { audienceWords, shareKindWords } from './words.ts';
import styles from './Shares.module.css';

const hour = 3_600_000;
const lives = [hour, 24 * hour, 7 * 24 * hour, 30 * 24 * hour];
const lifeWords = ['One hour', 'One day', 'One week', 'One month'];

/** Asks what to share, with whom, and for how long. */
export function ShareDialog({ draft, onClose }: { draft: ShareDraft; onClose: () => void }) {
  const client = useClient();
  const { view } = useServices();
  const canChoose = useMirror((mirror) => mirror.info?.can.chooseFolder ?? false);
  const [kind, setKind] = useState<ShareKind>(draft.kind);
  const [of, setOf] = useState(draft.of);
  const [connection, setConnection] = useState('');
  const [uploads, setUploads] = useState(false);
  const [name, setName] = useState(draft.name);
  const [audience, setAudience] = useState<Audience>('this-computer');
  const [life, setLife] = useState<number | null>(null);
  const [deliveries, setDeliveries] = useState<number | null>(null);
  const [password, setPassword] = useState('');
  const [limit, setLimit] = useState('');
  const [problem, setProblem] = useState<Failure | null>(null);
  const words = shareKindWords[kind];
  const target = targetOf(kind, of.trim(), connection, uploads);

  const share = async () => {
    if (!target) {
      setProblem(failure('bad-input', { detail: `Say which ${words.field.toLowerCase()} to share.` }));
      return;
    }
    if (limitProblem(limit)) return;
    const request: ShareRequest = {
      target,
      options: {
        ...(name.trim() && { name: name.trim() }),
        audience,
        expiresAt: life === null ? null : Date.now() + life,
        deliveries,
        limit: parseRate(limit),
      },
      ...(password && { password }),
    };
    try {
      const { id } = await client.shares.add(request);
      view.setState({ place: { kind: 'shares' }, share: id });
      onClose();
    } catch (error) {
      setProblem(failureOf(error));
    }
  };
  const choose = async () => {
    const folder = await client.folders.choose({});
    if (folder !== null) setOf(folder);
  };
  return (
    <FormDialog title="New share" width={560} onClose={onClose} submit="Share" onSubmit={() => void share()}>
      <SelectField
        label="Share a"
        value={kind}
        choices={keysOf(shareKindWords)}
        word={(one) => (one === null ? '' : shareKindWords[one].name)}
        onChange={(one) => {
          if (one === null || one === kind) return;
          setKind(one);
          setOf('');
          setProblem(null);
        }}
      />
      {kind === 'query' && <ConnectionField value={connection} onChange={setConnection} />}
      {kind === 'job' || kind === 'feed' ? (
        <JobField kind={kind} value={of} onChange={setOf} />
      ) : kind === 'query' ? (
        <TextArea
          label="SQL"
          rows={4}
          hint="$1 is read from ?p1=… in the link, $2 from ?p2=…, and bound."
          value={of}
          onChange={setOf}
        />
      ) : (
        <TextField
          label={words.field}
          placeholder={kind === 'remote' ? 'https://…' : kind === 'folder' ? '/home/ada/Music' : '/home/ada/film.mkv'}
          hint={words.hint}
          value={of}
          onChange={setOf}
          trailing={kind === 'folder' && canChoose && <Button onClick={() => void choose()}>Choose…</Button>}
        />
      )}
      {kind === 'folder' && (
        <Checkbox
          label="Others may upload into it"
          hint="Until 1 GiB is left on the disk."
          checked={uploads}
          onChange={setUploads}
        />
      )}
      <AudienceField value={audience} onChange={setAudience} />
      <div className={styles.pair}>
        <TextField label="Name" placeholder="From what it is" value={name} onChange={setName} />
        <TextField
          label="Password"
          type="password"
          autoComplete="new-password"
          placeholder="None"
          value={password}
          onChange={setPassword}
        />
        <SelectField
          label="Ends after"
          value={life}
          choices={lives}
          word={(one) => (one === null ? 'I revoke it' : (lifeWords[lives.indexOf(one)] ?? ''))}
          onChange={setLife}
        />
        <SelectField
          label="Or after"
          value={deliveries}
          choices={[1, 5, 25]}
          word={(one) => (one === null ? 'Any number of deliveries' : one === 1 ? 'One delivery' : `${one} deliveries`)}
          onChange={setDeliveries}
        />
        <TextField
          label="Speed limit"
          placeholder="No limit"
          value={limit}
          problem={limitProblem(limit)}
          onChange={setLimit}
        />
      </div>
      <Note problem={problem} />
    </FormDialog>
  );
}

/** What was chosen; null where something is missing. */
function targetOf(kind: ShareKind, of: string, connection: string, uploads: boolean): ShareTarget | null {
  if (!of) return null;
  switch (kind) {
    case 'file':
      return { kind, path: of };
    case 'folder':
      return { kind, path: of, hidden: false, uploads, uploadQuota: null };
    case 'remote':
      return { kind, url: of, cache: 0 };
    case 'query':
      return connection ? { kind, connection, sql: of, parameters: parametersOf(of) } : null;
    case 'job':
    case 'feed':
      return { kind, job: of };
  }
}

/** $1 is called p1 in the link, and has to be there. */
function parametersOf(sql: string): { name: string; value: null }[] {
  const count = Math.max(0, ...[...sql.matchAll(/\$(\d{1,2})\b/g)].map(([, n]) => Number(n)));
  return Array.from({ length: count }, (_, i) => ({ name: `p${i + 1}`, value: null }));
}

function ConnectionField({ value, onChange }: { value: string; onChange: (id: string) => void }) {
  const profiles = useProfiles() ?? [];
  return (
    <SelectField
      label="Connection"
      value={value || null}
      choices={profiles.map(({ id }) => id)}
      word={(id) => (id === null ? 'Choose one' : (profiles.find((one) => one.id === id)?.name ?? id))}
      onChange={(id) => onChange(id ?? '')}
    />
  );
}

function JobField({ kind, value, onChange }: { kind: 'job' | 'feed'; value: string; onChange: (id: string) => void }) {
  const jobs = useMirror((mirror) => mirror.jobs);
  const wanted = kind === 'job' ? 'download' : 'capture';
  const some = [...jobs.values()].filter((job) => job.kind === wanted);
  return (
    <SelectField
      label={shareKindWords[kind].field}
      value={value || null}
      choices={some.map(({ id }) => id)}
      word={(id) => (id === null ? 'Choose one' : (jobs.get(id)?.name ?? id))}
      onChange={(id) => onChange(id ?? '')}
    />
  );
}

/** Who may: the network only by a deliberate choice, which shows where this computer is then found. */
export function AudienceField({ value, onChange }: { value: Audience; onChange: (audience: Audience) => void }) {
  const client = useClient();
  const { answer } = useAnswer(value === 'network' ? 'network' : null, (signal) =>
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
    </fieldset>
  );
}
