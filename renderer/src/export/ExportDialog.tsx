import { useState } from 'react';
import type { ConnectionProfile, ExportSource } from '../../../shared/database.ts';
import type { Failure } from '../../../shared/failure.ts';
import { compressesInside, compressionCanResume } from '../../../shared/export-formats.ts';
import { limitProblem } from '../add/options.ts';
import { ColorTag } from '../connections/ColorTag.tsx';
import { useClient, useMirror, useServices } from '../services.tsx';
import { failureOf, useAnswer } from '../transport/index.ts';
import { Checkbox } from '../ui/Checkbox.tsx';
import { ChoiceField, Note, SelectField, TextField } from '../ui/Field.tsx';
import { Fold } from '../ui/Fold.tsx';
import { FolderField } from '../ui/FolderField.tsx';
import { FormDialog } from '../ui/FormDialog.tsx';
import { showing } from '../view/selection.ts';
import { whatIsWrong } from '../words.ts';
import { FormatFields } from './FormatFields.tsx';
import { requestOf, splitProblem, type Typed } from './request.ts';
import { choiceOf, compressionWords, formatOf, formatWords, type FormatChoice } from './words.ts';
import styles from './ExportDialog.module.css';

interface ExportDialogProps {
  profile: ConnectionProfile;
  source: ExportSource;
  /** The key of the one table that is exported; null where it has none or it is not known. */
  keyColumns: readonly string[] | null;
  /** True where it is a table that several sessions can read at once: one that has pages of its own. */
  pages: boolean;
  onClose: () => void;
}

const zoneHere = new Intl.DateTimeFormat().resolvedOptions().timeZone;
const kept = 'sluice.export-format';

/** The format of the last time, if there was one. */
function lastFormat(): FormatChoice {
  const choice = localStorage.getItem(kept);
  return choice !== null && Object.hasOwn(formatWords, choice) ? (choice as FormatChoice) : 'csv';
}

/** How and where: the format with its first lines as they will be, what is around it, and the place. */
export function ExportDialog({ profile, source, keyColumns, pages, onClose }: ExportDialogProps) {
  const client = useClient();
  const { view } = useServices();
  const standardFolder = useMirror((mirror) => mirror.settings?.folder ?? '');
  const [typed, setTyped] = useState<Typed>(() => ({
    format: formatOf(lastFormat()),
    compression: 'none',
    splitBy: 'none',
    splitAt: '',
    folder: standardFolder,
    name: '',
    timeZone: '',
    parallel: null,
    exactCount: false,
    limit: '',
    key: '',
  }));
  const [problem, setProblem] = useState<Failure | null>(null);
  const [sending, setSending] = useState(false);
  const change = (patch: Partial<Typed>) => {
    setTyped((now) => ({ ...now, ...patch }));
    setProblem(null);
  };
  const { format } = typed;
  const compression = compressesInside(format) ? 'none' : typed.compression;
  const named = useAnswer(JSON.stringify([source, format, compression]), (signal) =>
    client.exports.name({ source, format, compression }, { signal }),
  ).answer;
  const start = async () => {
    const request = requestOf(profile.id, source, typed);
    if (!request || sending) return;
    setSending(true);
    try {
      const { id } = await client.exports.add(request);
      localStorage.setItem(kept, choiceOf(format));
      onClose();
      view.setState(showing(id));
    } catch (error) {
      setProblem(failureOf(error));
      setSending(false);
    }
  };
  const atName = problem?.code === 'name-taken' ? problem : null;
  const atFolder =
    problem && ['folder-missing', 'folder-not-writable', 'not-a-folder', 'disk-full'].includes(problem.code);
  return (
    <FormDialog
      title={titleOf(source)}
      width={760}
      onClose={onClose}
      submit="Export"
      disabled={sending}
      aside={
        <p className={styles.from}>
          <ColorTag color={profile.color} />
          {profile.name}
        </p>
      }
      onSubmit={() => void start()}
    >
      <div className={styles.columns}>
        <div className={styles.fields}>
          <ChoiceField
            label="Format"
            value={choiceOf(format)}
            words={formatWords}
            onChange={(one) => change({ format: formatOf(one) })}
          />
          <FormatFields format={format} onChange={(next) => change({ format: next })} />
          {!compressesInside(format) && (
            <ChoiceField
              label="Compression"
              value={typed.compression}
              words={compressionWords}
              onChange={(compression) => change({ compression })}
            />
          )}
        </div>
        <Sample connection={profile.id} source={source} typed={typed} />
      </div>
      <FolderField value={typed.folder} problem={atFolder ? problem : null} onChange={(folder) => change({ folder })} />
      <TextField
        label={source.kind === 'tables' ? 'Folder name' : 'File name'}
        placeholder={named?.ok ? named.value.name : ''}
        value={typed.name}
        problem={atName}
        onChange={(name) => change({ name })}
      />
      <Fold title="More options">
        <div className={styles.triple}>
          <ChoiceField
            label="Split into files"
            value={typed.splitBy}
            words={splitWords}
            onChange={(splitBy) => change({ splitBy })}
          />
          {typed.splitBy !== 'none' && (
            <TextField
              label={typed.splitBy === 'rows' ? 'Rows a file' : 'Size of a file'}
              placeholder={typed.splitBy === 'rows' ? '1,000,000' : '500M'}
              value={typed.splitAt}
              problem={typed.splitAt ? splitProblem(typed) : null}
              onChange={(splitAt) => change({ splitAt })}
            />
          )}
          <SelectField
            label="Times with zone in"
            value={typed.timeZone || null}
            choices={zoneHere === 'UTC' ? [] : [zoneHere]}
            word={(zone) => zone ?? 'UTC'}
            onChange={(zone) => change({ timeZone: zone ?? '' })}
          />
          <TextField
            label="Speed limit"
            placeholder="No limit"
            value={typed.limit}
            problem={limitProblem(typed.limit)}
            onChange={(limit) => change({ limit })}
          />
          {source.kind === 'table' && pages && (
            <SelectField
              label="Sessions"
              value={typed.parallel}
              choices={[2, 4, 8]}
              word={(count) => (count === null ? 'One, rows in order' : `${count} at once, order lost`)}
              onChange={(parallel) => change({ parallel })}
            />
          )}
          {source.kind === 'query' && (
            <TextField
              label="Unique columns"
              placeholder="None"
              hint="Like “id”. Then it can go on after a crash, and rows come in its order."
              value={typed.key}
              onChange={(key) => change({ key })}
            />
          )}
        </div>
        <Checkbox
          label="Count the rows first"
          hint="Exact progress, for one more read of the table."
          checked={typed.exactCount}
          onChange={(exactCount) => change({ exactCount })}
        />
      </Fold>
      <p className={styles.quiet}>{outlook(source, typed, keyColumns)}</p>
      <Note problem={atName || atFolder ? null : problem} />
    </FormDialog>
  );
}

const splitWords = { none: 'One file', rows: 'By rows', bytes: 'By size' } as const;

function titleOf(source: ExportSource): string {
  if (source.kind === 'table') return `Export ${source.schema}.${source.name}`;
  return source.kind === 'tables' ? `Export ${source.tables.length} tables` : 'Export the query';
}

/** Said before it starts: what happens to this export when it is interrupted. */
function outlook(source: ExportSource, typed: Typed, keyColumns: readonly string[] | null): string {
  const { parallel, key, format, compression } = typed;
  const whole = 'If it is interrupted, it can only start over';
  const why = compressesInside(format)
    ? 'this format is only whole at its end'
    : compressionCanResume(compression)
      ? null
      : 'this compression cannot be gone on with';
  if (source.kind === 'tables') {
    const then = why
      ? `the table it was at starts over, because ${why}`
      : 'a table with a key goes on after its last row, one without starts over';
    return `All tables are read from one snapshot, so they agree with each other. If it is interrupted, ${then}.`;
  }
  if (parallel !== null && source.kind === 'table') return `${whole}, because several sessions read it at once.`;
  if (why) return `${whole}, because ${why}.`;
  const columns = source.kind === 'query' ? key.trim() : (keyColumns?.join(', ') ?? '');
  if (columns) return `If it is interrupted, it goes on after the last row written, by ${columns}.`;
  return `${whole}, because nothing unique tells where it stopped.`;
}

/** The first lines as they will stand in the file. */
function Sample({ connection, source, typed }: { connection: string; source: ExportSource; typed: Typed }) {
  const client = useClient();
  const { format, timeZone } = typed;
  const { answer } = useAnswer(
    JSON.stringify([source, format, timeZone]),
    (signal) => client.exports.sample({ connection, source, format, ...(timeZone && { timeZone }) }, { signal }),
    150,
  );
  const text = answer?.ok ? answer.value.text : '';
  return (
    <section className={styles.sample} aria-label="First lines">
      <h3>First lines{source.kind === 'tables' && ` of ${source.tables[0]?.name}`}</h3>
      {answer && !answer.ok ? (
        <p className={styles.note} data-bad>
          {whatIsWrong(answer.failure)}
        </p>
      ) : compressesInside(format) ? (
        <p className={styles.note}>This format is not text, so there is nothing to show.</p>
      ) : (
        // A region that scrolls has to take the focus, so that the arrow keys scroll it.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        <pre tabIndex={0} aria-label="First lines">
          {text}
        </pre>
      )}
    </section>
  );
}
