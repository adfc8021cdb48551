import { CircleCheck, Clock3, Download, Inbox, Settings, TriangleAlert, type LucideIcon } from 'lucide-react';
import { groups, type Group } from '../mirror/mirror.ts';
import { useMirror, useServices, useView } from '../services.tsx';
import { shortcut } from '../ui/keys.ts';
import { groupWords } from '../words.ts';
import styles from './Sidebar.module.css';

const icons: Readonly<Record<Group, LucideIcon>> = {
  all: Inbox,
  active: Download,
  queued: Clock3,
  done: CircleCheck,
  failed: TriangleAlert,
};

export function Sidebar() {
  const { view } = useServices();
  const chosen = useView((view) => view.group);
  const counts = useMirror((mirror) => mirror.counts);
  return (
    <nav className={styles.sidebar} aria-label="Downloads">
      <ul>
        {groups.map((group) => {
          const Icon = icons[group];
          return (
            <li key={group}>
              <button
                type="button"
                className={styles.item}
                aria-current={group === chosen ? 'true' : undefined}
                title={groupWords[group]}
                data-group={group}
                data-any={counts[group] > 0 || undefined}
                onClick={() => view.setState({ group })}
              >
                <Icon size={16} />
                <span className={styles.word}>{groupWords[group]}</span>{' '}
                <span className={styles.count}>{counts[group].toLocaleString()}</span>
              </button>
            </li>
          );
        })}
      </ul>
      <button
        type="button"
        className={styles.item}
        title={`Settings (${shortcut(',')})`}
        onClick={() => view.setState({ dialog: { kind: 'settings' } })}
      >
        <Settings size={16} />
        <span className={styles.word}>Settings</span>
      </button>
    </nav>
  );
}
