import { useState } from 'react';
import type { CaptureRequest, Feed, FeedKind, WhenFull } from '../../../shared/capture.ts';
import { failure, type Failure } from '../../../shared/failure.ts';
import { parseRate } from '../../../shared/format.ts';
import { HeadersField } from '../add/HeadersField.tsx';
import { givenHeaders } from '../add/options.ts';
import { ConnectionField } from '../connections/ConnectionField.tsx';
import { useClient, useMirror, useServices } from '../services.tsx';
import { failureOf } from '../transport/index.ts';
import { Checkbox } from '../ui/Checkbox.tsx';
import { ChoiceField, Note, SelectField, TextField } from '../ui/Field.tsx';
import { Fold } from '../ui/Fold.tsx';
import { FolderField } from '../ui/FolderField.tsx';
import { FormDialog } from '../ui/FormDialog.tsx';
import { keysOf } from '../ui/keys-of.ts';
import { showing } from '../view/selection.ts';
import { captureCompressionWords, feedWords, whenDiskFullWords, whenFullWords } from './words.ts';
import fields from '../ui/Fields.module.css';

const fileSizes = [16_000_000, 64_000_000, 256_000_000, 1_000_000_000];
const sizeWords = ['16 MB', '64 MB', '256 MB', '1 GB'];
const fileAges = [60, 3600, 86_400];
const ageWords = ['A minute', 'An hour', 'A day'];

/** Asks which feed to write down, into what files, and what happens when the disk cannot keep up. */
export function CaptureDialog({ onClose }: { onClose: () => void }) {
  const client = useClient();
  const { view } = useServices();
  const standardFolder = useMirror((mirror) => mirror.settings?.folder ?? '');
  const [kind, setKind] = useState<FeedKind>('sse');
  const [url, setUrl] = useState('');
  const [headerLines, setHeaderLines] = useState('');
  const [connection, setConnection] = useState<string | null>(null);
  const [channels, setChannels] = useState('');
  const [interval, setInterval] = useState('10');
  const [changesOnly, setChangesOnly] = useState(true);
  const [bytes, setBytes] = useState<number | null>(64_000_000);
  const [seconds, setSeconds] = useState<number | null>(null);
  const [compression, setCompression] = useState<CaptureRequest['compression']>('none');
  const [records, setRecords] = useState('10,000');
  const [room, setRoom] = useState('16M');
  const [whenFull, setWhenFull] = useState<WhenFull>('block');
  const [whenDiskFull, setWhenDiskFull] = useState<WhenFull>('block');
  const [folder, setFolder] = useState(standardFolder);
  const [name, setName] = useState('');
  const [problem, setProblem] = useState<Failure | null>(null);

  // Sessions of PostgreSQL share one queue of notifications: nobody can have it wait (NOTIFY, PostgreSQL manual).
  const policies = keysOf(whenFullWords).filter((way) => kind !== 'listen' || way !== 'block');
  const policy = policies.includes(whenFull) ? whenFull : 'drop-oldest';

  const feed = (): Feed | string => {
    if (kind === 'listen') {
      const names = channels.split(/[\s,]+/).filter(Boolean);
      if (!connection) return 'Choose a connection.';
      return names.length > 0 ? { kind, connection, channels: names } : 'Write the name of a channel.';
    }
    const link = url.trim();
    if (!link) return 'Write the link of the feed.';
    const given = givenHeaders(headerLines);
    if (!given) return 'Correct the headers.';
    if (kind !== 'poll') return { kind, url: link, ...given };
    const every = Number(interval);
    if (!(every >= 0.1 && every <= 86_400)) return 'Write how many seconds lie between two askings.';
    return { kind, url: link, ...given, interval: every, changesOnly };
  };
  const start = async () => {
    const source = feed();
    const count = Number(records.replaceAll(/[\s,_.]/g, ''));
    const most = parseRate(room);
    const wrong =
      typeof source === 'string'
        ? source
        : !(count >= 1 && count <= 1_000_000) || most === null || most < 1024
          ? 'The queue holds 1 to 1,000,000 records, and at least 1 KB.'
          : null;
    if (wrong !== null || typeof source === 'string') {
      setProblem(failure('bad-input', { detail: wrong ?? '' }));
      return;
    }
    try {
      const { id } = await client.captures.add({
        feed: source,
        ...(folder.trim() && { folder: folder.trim() }),
        ...(name.trim() && { name: name.trim() }),
        rotation: { bytes, seconds, naming: seconds === null ? 'number' : 'date' },
        compression,
        queue: { records: count, bytes: most ?? 1024 },
        whenFull: policy,
        whenDiskFull,
      });
      view.setState(showing(id));
      onClose();
    } catch (error) {
      setProblem(failureOf(error));
    }
  };
  return (
    <FormDialog
      title="New capture"
      width={560}
      onClose={onClose}
      submit="Start"
      onChange={() => setProblem(null)}
      onSubmit={() => void start()}
    >
      <ChoiceField label="Feed" value={kind} words={feedWords} onChange={setKind} />
      {kind === 'listen' ? (
        <div className={fields.pair}>
          <ConnectionField value={connection} onChange={setConnection} />
          <TextField label="Channels" placeholder="orders, payments" value={channels} onChange={setChannels} />
        </div>
      ) : (
        <TextField
          label="Link"
          placeholder={kind === 'websocket' ? 'wss://…' : 'https://…'}
          hint={feedWords[kind].hint}
          value={url}
          onChange={setUrl}
        />
      )}
      {kind === 'poll' && (
        <div className={fields.pair}>
          <TextField label="Every … seconds" inputMode="decimal" value={interval} onChange={setInterval} />
          <Checkbox label="Only what has changed" checked={changesOnly} onChange={setChangesOnly} />
        </div>
      )}
      {kind !== 'listen' && (
        <Fold title="Headers" note={headerLines.trim() ? 'Kept secret' : 'None'}>
          <HeadersField value={headerLines} onChange={setHeaderLines} />
        </Fold>
      )}
      <FolderField value={folder} onChange={setFolder} />
      <div className={fields.pair}>
        <TextField label="Names begin with" placeholder="From the feed" value={name} onChange={setName} />
        <ChoiceField
          label="Compression"
          value={compression}
          words={captureCompressionWords}
          onChange={setCompression}
        />
        <SelectField
          label="A new file after"
          value={bytes}
          choices={fileSizes}
          word={(size) => (size === null ? 'Any size' : (sizeWords[fileSizes.indexOf(size)] ?? ''))}
          onChange={setBytes}
        />
        <SelectField
          label="Or after"
          value={seconds}
          choices={fileAges}
          word={(age) => (age === null ? 'Any time' : (ageWords[fileAges.indexOf(age)] ?? ''))}
          onChange={setSeconds}
        />
        <TextField label="Queue, records" inputMode="numeric" value={records} onChange={setRecords} />
        <TextField label="Queue, bytes" value={room} onChange={setRoom} />
      </div>
      <div className={fields.pair}>
        <ChoiceField
          label="When the queue is full"
          value={policy}
          words={whenFullWords}
          choices={policies}
          onChange={setWhenFull}
        />
        <ChoiceField
          label="When the disk is full"
          value={whenDiskFull}
          words={whenDiskFullWords}
          onChange={setWhenDiskFull}
        />
      </div>
      <Note hint={`${whenFullWords[policy].sentence} ${whenDiskFullWords[whenDiskFull].sentence}`} problem={problem} />
    </FormDialog>
  );
}
