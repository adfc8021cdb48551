import { Tabs } from '@base-ui/react/tabs';
import { useState } from 'react';
import type { Settings } from '../../../shared/settings.ts';
import type { Failure } from '../../../shared/failure.ts';
import { useActions, useMirror } from '../services.tsx';
import { Button } from '../ui/Button.tsx';
import { Checkbox } from '../ui/Checkbox.tsx';
import { DialogFrame } from '../ui/DialogFrame.tsx';
import { ChoiceField, Note, SelectField } from '../ui/Field.tsx';
import { FolderField } from '../ui/FolderField.tsx';
import tabStyles from '../ui/Tabs.module.css';
import { draftOf, settingsOf, type Draft } from './settings-draft.ts';
import { SpeedSettings } from './SpeedSettings.tsx';
import styles from './Dialogs.module.css';

const atOnce = [1, 2, 3, 4, 5, 6, 8, 10, 15, 20];
const connections = [1, 2, 3, 4, 6, 8, 12, 16];
const themeWords = { system: 'As the system', light: 'Light', dark: 'Dark' };

export const whenDoneWords: Readonly<Record<Settings['whenDone'], string>> = {
  nothing: 'Do nothing',
  quit: 'Quit Sluice',
  sleep: 'Put the computer to sleep',
  'shut-down': 'Shut the computer down',
};

export function SettingsDialog({ onClose }: { onClose: () => void }) {
  const settings = useMirror((mirror) => mirror.settings);
  return settings && <Form settings={settings} onClose={onClose} />;
}

function Form({ settings, onClose }: { settings: Settings; onClose: () => void }) {
  const actions = useActions();
  const info = useMirror((mirror) => mirror.info);
  const [draft, setDraft] = useState<Draft>(() => draftOf(settings));
  const [tab, setTab] = useState<'General' | 'Speed'>('General');
  const [problem, setProblem] = useState<Failure | null>(null);
  const change = (patch: Partial<Draft>) => {
    setDraft({ ...draft, ...patch });
    setProblem(null);
  };
  const save = async () => {
    const read = settingsOf(draft);
    if (read === null) {
      setTab('Speed');
      return;
    }
    const failed = await actions.setSettings(read);
    if (failed) setProblem(failed);
    else onClose();
  };
  const aboutFolder = problem?.code === 'folder-missing' || problem?.code === 'folder-not-writable';
  const whenDone = info?.can.sleep
    ? (['nothing', 'quit', 'sleep', 'shut-down'] as const)
    : (['nothing', 'quit'] as const);
  return (
    <DialogFrame
      title="Settings"
      width={520}
      onClose={onClose}
      footer={
        <>
          <span className={styles.version}>{info && `Sluice ${info.version}`}</span>
          <Button kind="quiet" onClick={onClose}>
            Cancel
          </Button>
          <Button kind="primary" onClick={() => void save()}>
            Save
          </Button>
        </>
      }
    >
      <Tabs.Root value={tab} onValueChange={(value: 'General' | 'Speed') => setTab(value)}>
        <Tabs.List className={`${tabStyles.list} ${styles.tabList}`} aria-label="Settings">
          <Tabs.Tab value="General" className={tabStyles.tab}>
            General
          </Tabs.Tab>
          <Tabs.Tab value="Speed" className={tabStyles.tab}>
            Speed
          </Tabs.Tab>
          <Tabs.Indicator className={tabStyles.indicator} />
        </Tabs.List>
        <Tabs.Panel value="General" className={styles.form} tabIndex={-1}>
          <FolderField
            value={draft.folder}
            problem={aboutFolder ? problem : null}
            onChange={(folder) => change({ folder })}
          />
          <div className={styles.pair}>
            <SelectField
              label="Jobs at a time"
              value={draft.maxActive}
              choices={atOnce.includes(draft.maxActive) ? atOnce : [...atOnce, draft.maxActive]}
              word={(count) => (count === null ? '' : String(count))}
              onChange={(maxActive) => maxActive !== null && change({ maxActive })}
            />
            <SelectField
              label="Connections for each download"
              value={draft.connections}
              choices={connections}
              word={(count) => (count === null ? 'Automatic' : String(count))}
              onChange={(connections) => change({ connections })}
            />
            <ChoiceField
              label="Appearance"
              value={draft.theme}
              words={themeWords}
              onChange={(theme) => change({ theme })}
            />
            <ChoiceField
              label="When all is done, once"
              value={draft.whenDone}
              words={whenDoneWords}
              choices={whenDone}
              onChange={(whenDone) => change({ whenDone })}
            />
          </div>
          <Checkbox
            label="Notifications"
            hint="When a job is done, or needs you."
            checked={draft.notifications}
            onChange={(notifications) => change({ notifications })}
          />
          <Checkbox
            label="HTTPS for shares on the network"
            hint="With a certificate of Sluice’s own, which browsers warn about once."
            checked={draft.shareHttps}
            onChange={(shareHttps) => change({ shareHttps })}
          />
        </Tabs.Panel>
        <Tabs.Panel value="Speed" className={styles.form} tabIndex={-1}>
          <SpeedSettings draft={draft} onChange={change} />
        </Tabs.Panel>
      </Tabs.Root>
      <Note problem={aboutFolder ? null : problem} />
    </DialogFrame>
  );
}
