import { useId, useMemo, useRef, useState } from 'react';
import type { Failure } from '../../../shared/failure.ts';
import { useMirror, useServices } from '../services.tsx';
import { failureOf } from '../transport/index.ts';
import { Button } from '../ui/Button.tsx';
import { DialogFrame } from '../ui/DialogFrame.tsx';
import { Note, TextArea } from '../ui/Field.tsx';
import { FolderField } from '../ui/FolderField.tsx';
import { hasCommand, shortcut } from '../ui/keys.ts';
import { Advanced } from './Advanced.tsx';
import { applyOptions, limitProblem, noOptions, parseHeaders, type Options } from './options.ts';
import { parseInput, type Entry } from './parse-input.ts';
import { Results } from './Results.tsx';
import { useProbes } from './use-probes.ts';
import styles from './AddDialog.module.css';

/** Failures whose place is a field of the dialog, not the link's. */
const fieldOf: Partial<Record<Failure['code'], 'checksum' | 'folder' | 'name'>> = {
  'bad-checksum': 'checksum',
  'folder-not-writable': 'folder',
  'folder-missing': 'folder',
  'name-taken': 'name',
};

/** Adds downloads: what is pasted is understood and asked about at once; what cannot be added stays, with its reason. */
export function AddDialog({ text: given, onClose }: { text: string; onClose: () => void }) {
  const { client, view } = useServices();
  const folder = useMirror((mirror) => mirror.settings?.folder ?? '');
  const box = useRef<HTMLTextAreaElement>(null);
  const resultsId = useId();
  const [text, setText] = useState(given);
  const [options, setOptions] = useState<Options>({ ...noOptions, folder });
  const [refused, setRefused] = useState<ReadonlyMap<string, Failure>>(new Map());
  const [added, setAdded] = useState(0);
  const [problem, setProblem] = useState<Failure | null>(null);
  const [adding, setAdding] = useState(false);

  const entries = useMemo(() => parseInput(text), [text]);
  const single = entries.length === 1;
  const headers = useMemo(() => parseHeaders(options.headers), [options.headers]);
  const probeOf = useProbes(entries, headers.headers);
  const good = entries.filter(({ request }) => request);
  const [only] = entries;
  const onlyRefused = single && only ? (refused.get(only.text) ?? null) : null;
  const onlyField = onlyRefused ? fieldOf[onlyRefused.code] : undefined;
  const probe = single && only ? probeOf(only) : null;
  const size = probe && probe !== 'probing' && probe.ok ? probe.result.size : null;

  const change = (patch: Partial<Options>) => {
    setOptions({ ...options, ...patch });
    setRefused(new Map());
  };

  const add = async () => {
    if (adding) return;
    if (good.length === 0) {
      box.current?.focus();
      return;
    }
    if (headers.problem || limitProblem(options.limit)) return;
    setAdding(true);
    setProblem(null);
    try {
      const results = await client.jobs.add({
        downloads: good.map(({ request }) => applyOptions(request ?? { url: '' }, options, single)),
      });
      const failures = new Map<string, Failure>();
      const ids: string[] = [];
      results.forEach((result, i) => {
        const entry = good[i];
        if (result.ok) ids.push(result.id);
        else if (entry) failures.set(entry.text, result.failure);
      });
      const left = entries.filter((entry) => !entry.request || failures.has(entry.text));
      const [first] = ids;
      if (first !== undefined) {
        view.setState(({ group }) => ({
          focused: first,
          anchor: first,
          selected: new Set([first]),
          search: '',
          group: group === 'active' || group === 'queued' ? group : 'all',
        }));
      }
      if (left.length === 0) {
        onClose();
        return;
      }
      setText(left.map(({ text }) => text).join('\n'));
      setRefused(failures);
      setAdded(added + ids.length);
      box.current?.focus();
    } catch (error) {
      setProblem(failureOf(error));
    }
    setAdding(false);
  };

  return (
    <DialogFrame
      title="New download"
      width={560}
      onClose={onClose}
      initialFocus={box}
      footer={
        <>
          <span className={styles.footerNote}>
            <Note problem={problem} hint={added > 0 ? `${added} added. What is left could not be.` : undefined} />
          </span>
          <Button kind="quiet" onClick={onClose}>
            Cancel
          </Button>
          <Button kind="primary" disabled={adding} title={shortcut('Enter')} onClick={() => void add()}>
            {good.length > 1 ? `Add ${good.length.toLocaleString()}` : 'Add'}
          </Button>
        </>
      }
    >
      <div
        role="presentation"
        className={styles.form}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && hasCommand(event)) {
            event.preventDefault();
            void add();
          }
        }}
      >
        <div>
          <TextArea
            ref={box}
            label="Links"
            placeholder="https://…"
            aria-describedby={resultsId}
            value={text}
            onChange={(value) => {
              setText(value);
              setRefused(new Map());
            }}
          />
          <div id={resultsId} className={styles.results}>
            <Results
              entries={entries}
              probeOf={probeOf}
              failureOf={(entry: Entry) => (onlyField ? null : (refused.get(entry.text) ?? entry.failure))}
            />
          </div>
        </div>
        <FolderField
          value={options.folder}
          needed={size}
          problem={onlyField === 'folder' ? onlyRefused : null}
          onChange={(folder) => change({ folder })}
        />
        <Advanced
          options={options}
          single={single}
          nameProblem={onlyField === 'name' ? onlyRefused : null}
          checksumProblem={onlyField === 'checksum' ? onlyRefused : null}
          onChange={change}
        />
      </div>
    </DialogFrame>
  );
}
