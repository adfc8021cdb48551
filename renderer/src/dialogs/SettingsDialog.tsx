import { useState } from 'react';
import type { Settings } from '../../../shared/contract.ts';
import type { Failure } from '../../../shared/failure.ts';
import { formatRate, parseRate } from '../../../shared/format.ts';
import { limitProblem } from '../add/options.ts';
import { useActions, useMirror } from '../services.tsx';
import { Button } from '../ui/Button.tsx';
import { Checkbox } from '../ui/Checkbox.tsx';
import { DialogFrame } from '../ui/DialogFrame.tsx';
import { Note, SelectField, TextField } from '../ui/Field.tsx';
import { FolderField } from '../ui/FolderField.tsx';
import styles from './Dialogs.module.css';

const atOnce = [1, 2, 3, 4, 5, 6, 8, 10, 15, 20];
const connections = [1, 2, 3, 4, 6, 8, 12, 16];
const themes = ['system', 'light', 'dark'] as const;
const themeWords = { system: 'As the system', light: 'Light', dark: 'Dark' };

export function SettingsDialog({ onClose }: { onClose: () => void }) {
  const settings = useMirror((mirror) => mirror.settings);
  const version = useMirror((mirror) => mirror.info?.version);
  return settings && <Form settings={settings} version={version} onClose={onClose} />;
}

interface FormProps {
  settings: Settings;
  version: string | undefined;
  onClose: () => void;
}

function Form({ settings, version, onClose }: FormProps) {
  const actions = useActions();
  const [draft, setDraft] = useState(settings);
  const [limit, setLimit] = useState(settings.limit === null ? '' : formatRate(settings.limit));
  const [problem, setProblem] = useState<Failure | null>(null);
  const change = (patch: Partial<Settings>) => {
    setDraft({ ...draft, ...patch });
    setProblem(null);
  };
  const save = async () => {
    if (limitProblem(limit)) return;
    const failed = await actions.setSettings({ ...draft, folder: draft.folder.trim(), limit: parseRate(limit) });
    if (failed) setProblem(failed);
    else onClose();
  };
  const aboutFolder = problem?.code === 'folder-missing' || problem?.code === 'folder-not-writable';
  return (
    <DialogFrame
      title="Settings"
      width={480}
      onClose={onClose}
      footer={
        <>
          <span className={styles.version}>{version && `Sluice ${version}`}</span>
          <Button kind="quiet" onClick={onClose}>
            Cancel
          </Button>
          <Button kind="primary" onClick={() => void save()}>
            Save
          </Button>
        </>
      }
    >
      <div className={styles.form}>
        <FolderField
          value={draft.folder}
          problem={aboutFolder ? problem : null}
          onChange={(folder) => change({ folder })}
        />
        <div className={styles.pair}>
          <SelectField
            label="Downloads at a time"
            value={draft.maxActive}
            choices={atOnce.includes(draft.maxActive) ? atOnce : [...atOnce, draft.maxActive]}
            word={(count) => (count === null ? '' : String(count))}
            onChange={(maxActive) => maxActive !== null && change({ maxActive })}
          />
          <SelectField
            label="Connections for each"
            value={draft.connections}
            choices={connections}
            word={(count) => (count === null ? 'Automatic' : String(count))}
            onChange={(connections) => change({ connections })}
          />
        </div>
        <div className={styles.pair}>
          <TextField
            label="Speed limit over all"
            placeholder="No limit"
            value={limit}
            problem={limitProblem(limit)}
            hint="Bytes per second, like 500K or 2M."
            onChange={setLimit}
          />
          <SelectField
            label="Appearance"
            value={draft.theme}
            choices={themes}
            word={(theme) => (theme === null ? '' : themeWords[theme])}
            onChange={(theme) => theme !== null && change({ theme })}
          />
        </div>
        <Checkbox
          label="Notifications"
          hint="When a download is done, or needs you."
          checked={draft.notifications}
          onChange={(notifications) => change({ notifications })}
        />
        <Note problem={aboutFolder ? null : problem} />
      </div>
    </DialogFrame>
  );
}
