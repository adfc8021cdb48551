import { Menu } from '@base-ui/react/menu';
import { ChevronsUpDown, Gauge, HardDrive, Power, X } from 'lucide-react';
import { use } from 'react';
import { formatBytes, formatLimit } from '../../../shared/format.ts';
import { windowAt } from '../../../shared/schedule.ts';
import { useActions, useMirror, useServices, useView } from '../services.tsx';
import { LayerContext } from '../ui/layer.ts';
import { useNow } from '../ui/use-now.ts';
import { MenuChoices, MenuItem } from '../ui/MenuItems.tsx';
import popup from '../ui/Popup.module.css';
import styles from './Footer.module.css';
import { useFolderInfo } from './use-folder-info.ts';

/** Offered in the menu, in bytes per second. */
const limits = [500_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000, 25_000_000, 50_000_000];

export function Footer() {
  const counts = useMirror((mirror) => mirror.counts);
  const selected = useView((view) => view.selected.size);
  return (
    <footer className={styles.footer} aria-label="Status">
      <LimitMenu />
      <DiskFree />
      <span className={styles.spacer} />
      <WhenDone />
      {selected > 1 && <span className={styles.selected}>{selected.toLocaleString()} selected</span>}
      <span>
        {counts.active.toLocaleString()} active
        <span className={styles.more}>, {counts.queued.toLocaleString()} queued</span>
      </span>
      <EngineState />
    </footer>
  );
}

function wordOf(limit: number | null): string {
  if (limit === 0) return 'Nothing runs';
  return limit === null ? 'No limit' : formatLimit(limit);
}

function LimitMenu() {
  const { view } = useServices();
  const actions = useActions();
  const limit = useMirror((mirror) => mirror.settings?.limit ?? null);
  const choices = limit === null || limits.includes(limit) ? limits : [...limits, limit].toSorted((a, b) => a - b);
  const schedule = useMirror((mirror) => mirror.settings?.schedule);
  const now = useNow(schedule !== undefined && schedule.length > 0);
  // A time window has a limit of its own, which holds instead of the usual one.
  const window = schedule ? windowAt(schedule, new Date(now)) : null;
  const word = window ? `${wordOf(window.limit)} until ${window.to}` : wordOf(limit);
  return (
    <Menu.Root>
      <Menu.Trigger className={styles.limit} aria-label={`Speed limit: ${word}`} title="Speed limit">
        <Gauge size={14} />
        {word}
        <ChevronsUpDown size={12} />
      </Menu.Trigger>
      <Menu.Portal container={use(LayerContext)}>
        <Menu.Positioner className={popup.positioner} side="top" align="start" sideOffset={6}>
          <Menu.Popup className={popup.popup}>
            <MenuChoices
              value={limit}
              choices={[null, ...choices].map((choice) => [choice, wordOf(choice)])}
              onChange={(value) => void actions.setSettings({ limit: value })}
            />
            <Menu.Separator className={popup.separator} />
            <MenuItem word="Another limit…" onClick={() => view.setState({ dialog: { kind: 'settings' } })} />
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}

function DiskFree() {
  const folder = useMirror((mirror) => mirror.settings?.folder ?? null);
  const info = useFolderInfo(folder);
  if (!folder || !info) return null;
  return (
    <span className={styles.disk} title={`On the disk of ${folder}`}>
      <HardDrive size={14} />
      {info.ok ? `${formatBytes(info.folder.free)} free` : 'Folder unavailable'}
    </span>
  );
}

const whenDoneWords = { quit: 'Quits when done', sleep: 'Sleeps when done', 'shut-down': 'Shuts down when done' };

/** What happens to the whole computer is never a surprise: it stands here, and one press takes it back. */
function WhenDone() {
  const actions = useActions();
  const whenDone = useMirror((mirror) => mirror.settings?.whenDone ?? 'nothing');
  if (whenDone === 'nothing') return null;
  return (
    <button
      type="button"
      className={styles.limit}
      title="Take it back"
      onClick={() => void actions.setSettings({ whenDone: 'nothing' })}
    >
      <Power size={13} />
      {whenDoneWords[whenDone]}
      <X size={12} />
    </button>
  );
}

function EngineState() {
  const status = useMirror((mirror) => mirror.status);
  const words = {
    connecting: 'Connecting…',
    live: 'Connected',
    reconnecting: 'Reconnecting…',
    refused: 'Not connected',
  };
  return (
    <span className={styles.state} data-status={status}>
      {words[status]}
    </span>
  );
}
