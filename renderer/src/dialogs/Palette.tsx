import { Dialog } from '@base-ui/react/dialog';
import { Command } from 'cmdk';
import {
  Database,
  Download,
  FileOutput,
  Gauge,
  Monitor,
  Moon,
  PanelRight,
  Pause,
  Play,
  Plus,
  Radio,
  RotateCw,
  Search,
  Settings,
  Share2,
  Sun,
  Trash2,
  type LucideIcon,
} from 'lucide-react';
import { useState } from 'react';
import { formatLimit } from '../../../shared/format.ts';
import type { JobAction } from '../../../shared/job-state.ts';
import { focusSearch } from '../frame/use-shortcuts.ts';
import { groupIcons } from '../frame/Sidebar.tsx';
import { JobIcon } from '../list/FileIcon.tsx';
import { groups } from '../mirror/mirror.ts';
import { useProfiles, useServices } from '../services.tsx';
import { shortcut } from '../ui/keys.ts';
import frame from '../ui/DialogFrame.module.css';
import { jobsOf, showing } from '../view/selection.ts';
import { visibleIds } from '../view/visible.ts';
import { groupWords } from '../words.ts';
import styles from './Palette.module.css';

/** Jobs that a search offers. */
const most = 8;
const limits = [1_000_000, 5_000_000, 10_000_000];

/** Everything the window can do, by name; and every job, by name. */
export function Palette({ onClose }: { onClose: () => void }) {
  const { view, mirror, actions } = useServices();
  const [search, setSearch] = useState('');
  const profiles = useProfiles();
  const selected = [...view.getState().selected];
  const { order: all, jobs } = mirror.getState();
  const ids = search.trim() ? visibleIds(mirror.getState(), 'all', search).slice(0, most) : [];
  const found = ids.flatMap((id) => jobs.get(id) ?? []);

  const run = (action: () => void) => () => {
    onClose();
    action();
  };
  const some = selected.length > 0;
  const can = (action: JobAction) => actions.allowing(selected, action).length > 0;

  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className={frame.backdrop} />
        <Dialog.Popup className={`${frame.popup} ${styles.palette}`} aria-label="Commands">
          <Command label="Commands" loop>
            <div className={styles.line}>
              <Search size={16} />
              <Command.Input
                className={styles.input}
                placeholder="Search commands and jobs"
                value={search}
                onValueChange={setSearch}
              />
            </div>
            <Command.List className={styles.list} label="Results">
              <Command.Empty className={styles.empty}>Nothing matches.</Command.Empty>
              {found.length > 0 && (
                <Command.Group heading="Jobs" forceMount className={styles.group}>
                  {found.map((job) => (
                    <Command.Item
                      key={job.id}
                      value={job.id}
                      forceMount
                      className={styles.item}
                      onSelect={run(() => view.setState(showing(job.id)))}
                    >
                      <JobIcon job={job} />
                      <span className={styles.name}>{job.name}</span>
                    </Command.Item>
                  ))}
                </Command.Group>
              )}
              {some && (
                <Command.Group heading="Selected" className={styles.group}>
                  {can('pause') && (
                    <Item icon={Pause} word="Pause selected" onSelect={run(() => actions.pause(selected))} />
                  )}
                  {can('resume') && (
                    <Item icon={Play} word="Resume selected" onSelect={run(() => actions.resume(selected))} />
                  )}
                  {can('retry') && (
                    <Item icon={RotateCw} word="Retry selected" onSelect={run(() => actions.retry(selected))} />
                  )}
                  <Item
                    icon={Trash2}
                    word="Remove selected…"
                    keys="Del"
                    onSelect={run(() => actions.askRemove(selected))}
                  />
                </Command.Group>
              )}
              <Command.Group heading="Commands" className={styles.group}>
                <Item
                  icon={Plus}
                  word="New download"
                  keys={shortcut('N')}
                  onSelect={run(() => view.setState({ dialog: { kind: 'add', text: '' } }))}
                />
                <Item
                  icon={Database}
                  word="New connection"
                  onSelect={run(() => view.setState({ dialog: { kind: 'connection', id: null } }))}
                />
                <Item
                  icon={Radio}
                  word="New capture"
                  onSelect={run(() => view.setState({ dialog: { kind: 'capture' } }))}
                />
                <Item
                  icon={Share2}
                  word="New share"
                  onSelect={run(() =>
                    view.setState({ dialog: { kind: 'share', draft: { kind: 'folder', of: '', name: '' } } }),
                  )}
                />
                <Item icon={Pause} word="Pause all" onSelect={run(() => actions.pause(all))} />
                <Item icon={Play} word="Resume all" onSelect={run(() => actions.resume(all))} />
                <Item
                  icon={Search}
                  word="Search jobs"
                  keys={shortcut('F')}
                  onSelect={run(() => setTimeout(focusSearch))}
                />
                <Item
                  icon={PanelRight}
                  word="Show or hide details"
                  keys="Enter"
                  onSelect={run(() => view.setState(({ details }) => ({ details: !details })))}
                />
                <Item
                  icon={Settings}
                  word="Settings"
                  keys={shortcut(',')}
                  onSelect={run(() => view.setState({ dialog: { kind: 'settings' } }))}
                />
                <Item icon={Download} word="Try a sample download" onSelect={run(() => void actions.trySample())} />
              </Command.Group>
              <Command.Group heading="Go to" className={styles.group}>
                {groups.map((group) => (
                  <Item
                    key={group}
                    icon={groupIcons[group]}
                    word={`Show ${groupWords[group].toLowerCase()}`}
                    onSelect={run(() => view.setState(jobsOf(group)))}
                  />
                ))}
                {(profiles ?? []).map(({ id, name }) => (
                  <Item
                    key={id}
                    icon={FileOutput}
                    word={`Export from ${name}`}
                    onSelect={run(() => view.setState({ place: { kind: 'export', connection: id } }))}
                  />
                ))}
                <Item
                  icon={Database}
                  word="Show connections"
                  onSelect={run(() => view.setState({ place: { kind: 'connections' } }))}
                />
                <Item
                  icon={Share2}
                  word="Show shares"
                  onSelect={run(() => view.setState({ place: { kind: 'shares' } }))}
                />
              </Command.Group>
              <Command.Group heading="Speed limit" className={styles.group}>
                <Item
                  icon={Gauge}
                  word="No speed limit"
                  onSelect={run(() => void actions.setSettings({ limit: null }))}
                />
                {limits.map((limit) => (
                  <Item
                    key={limit}
                    icon={Gauge}
                    word={`Limit to ${formatLimit(limit)}`}
                    onSelect={run(() => void actions.setSettings({ limit }))}
                  />
                ))}
              </Command.Group>
              <Command.Group heading="Appearance" className={styles.group}>
                <Item icon={Sun} word="Light" onSelect={run(() => void actions.setSettings({ theme: 'light' }))} />
                <Item icon={Moon} word="Dark" onSelect={run(() => void actions.setSettings({ theme: 'dark' }))} />
                <Item
                  icon={Monitor}
                  word="As the system"
                  onSelect={run(() => void actions.setSettings({ theme: 'system' }))}
                />
              </Command.Group>
            </Command.List>
          </Command>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

interface ItemProps {
  icon: LucideIcon;
  word: string;
  keys?: string;
  onSelect: () => void;
}

function Item({ icon: Icon, word, keys, onSelect }: ItemProps) {
  return (
    <Command.Item className={styles.item} value={word} onSelect={onSelect}>
      <Icon size={15} />
      <span className={styles.name}>{word}</span>
      {keys && <span className={styles.keys}>{keys}</span>}
    </Command.Item>
  );
}
