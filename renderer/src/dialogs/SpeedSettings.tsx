import { Plus, Trash2 } from 'lucide-react';
import { limitProblem } from '../add/options.ts';
import { Button, IconButton } from '../ui/Button.tsx';
import { ChoiceField, Note, TextField } from '../ui/Field.tsx';
import {
  hostProblem,
  newHost,
  newWindow,
  windowProblem,
  type Draft,
  type HostRow,
  type WindowRow,
} from './settings-draft.ts';
import styles from './Dialogs.module.css';

interface SpeedSettingsProps {
  draft: Draft;
  onChange: (patch: Partial<Draft>) => void;
}

/** Limits: over all downloads, at times of the week, and by host. */
export function SpeedSettings({ draft, onChange }: SpeedSettingsProps) {
  const { hosts, windows } = draft;
  const setWindow = (row: WindowRow) => onChange({ windows: windows.map((old) => (old.key === row.key ? row : old)) });
  const setHost = (row: HostRow) => onChange({ hosts: hosts.map((old) => (old.key === row.key ? row : old)) });
  return (
    <>
      <TextField
        label="Speed limit over all"
        placeholder="No limit"
        value={draft.limit}
        problem={limitProblem(draft.limit)}
        hint="Bytes per second, like 500K or 2M."
        onChange={(limit) => onChange({ limit })}
      />
      <fieldset className={styles.rows}>
        <legend>At times of the week</legend>
        {windows.map((row) => (
          <WindowFields
            key={row.key}
            row={row}
            onChange={setWindow}
            onRemove={() => onChange({ windows: windows.filter(({ key }) => key !== row.key) })}
          />
        ))}
        <Button small onClick={() => onChange({ windows: [...windows, newWindow()] })}>
          <Plus size={14} />
          Add a time
        </Button>
      </fieldset>
      <fieldset className={styles.rows}>
        <legend>By host</legend>
        {hosts.map((row) => (
          <HostFields
            key={row.key}
            row={row}
            onChange={setHost}
            onRemove={() => onChange({ hosts: hosts.filter(({ key }) => key !== row.key) })}
          />
        ))}
        <Button small onClick={() => onChange({ hosts: [...hosts, newHost()] })}>
          <Plus size={14} />
          Add a host
        </Button>
      </fieldset>
    </>
  );
}

interface RowProps<T> {
  row: T;
  onChange: (row: T) => void;
  onRemove: () => void;
}

/** From Monday on; 0 is Sunday. */
const week = [1, 2, 3, 4, 5, 6, 0];
const dayName = (day: number) =>
  new Intl.DateTimeFormat(undefined, { weekday: 'long', timeZone: 'UTC' }).format(Date.UTC(2024, 0, 7 + day));

const ruleWords = { limit: 'Limit to', 'no-limit': 'No limit', 'nothing-runs': 'Nothing runs' };

function WindowFields({ row, onChange, onRemove }: RowProps<WindowRow>) {
  const toggle = (day: number) =>
    onChange({ ...row, days: row.days.includes(day) ? row.days.filter((old) => old !== day) : [...row.days, day] });
  return (
    <div className={styles.window}>
      <div className={styles.days} role="group" aria-label="Days">
        {week.map((day) => (
          <button
            key={day}
            type="button"
            className={styles.day}
            aria-pressed={row.days.includes(day)}
            aria-label={dayName(day)}
            data-short={dayName(day).slice(0, 2)}
            onClick={() => toggle(day)}
          />
        ))}
        <IconButton label="Remove this time" className={styles.removeRow} onClick={onRemove}>
          <Trash2 size={14} />
        </IconButton>
      </div>
      <div className={styles.windowLine}>
        <TextField label="From" type="time" value={row.from} onChange={(from) => onChange({ ...row, from })} />
        <TextField label="To" type="time" value={row.to} onChange={(to) => onChange({ ...row, to })} />
        <ChoiceField label="Rule" value={row.rule} words={ruleWords} onChange={(rule) => onChange({ ...row, rule })} />
        {row.rule === 'limit' && (
          <TextField
            label="Limit"
            placeholder="500K"
            value={row.limit}
            onChange={(limit) => onChange({ ...row, limit })}
          />
        )}
      </div>
      <Note problem={windowProblem(row)} />
    </div>
  );
}

function HostFields({ row, onChange, onRemove }: RowProps<HostRow>) {
  return (
    <div>
      <div className={styles.hostLine}>
        <TextField
          label="Host"
          placeholder="cdn.example.org"
          value={row.host}
          onChange={(host) => onChange({ ...row, host })}
        />
        <TextField label="Limit" placeholder="2M" value={row.limit} onChange={(limit) => onChange({ ...row, limit })} />
        <IconButton label="Remove this host" onClick={onRemove}>
          <Trash2 size={14} />
        </IconButton>
      </div>
      <Note problem={row.host || row.limit ? hostProblem(row) : null} />
    </div>
  );
}
