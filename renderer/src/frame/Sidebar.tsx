import {
  CircleCheck,
  Clock3,
  Database,
  Download,
  Inbox,
  Radio,
  Settings,
  Share2,
  TriangleAlert,
  type LucideIcon,
} from 'lucide-react';
import type { ReactNode } from 'react';
import { ColorTag } from '../connections/ColorTag.tsx';
import { groups, type Group } from '../mirror/mirror.ts';
import { useMirror, useProfiles, useServices, useShares, useView } from '../services.tsx';
import { shortcut } from '../ui/keys.ts';
import { jobsOf } from '../view/selection.ts';
import type { View } from '../view/view.ts';
import { groupWords } from '../words.ts';
import styles from './Sidebar.module.css';

export const groupIcons: Readonly<Record<Group, LucideIcon>> = {
  all: Inbox,
  active: Download,
  queued: Clock3,
  done: CircleCheck,
  failed: TriangleAlert,
  captures: Radio,
};

export function Sidebar() {
  const { view } = useServices();
  const place = useView((view) => view.place);
  const group = useView((view) => view.group);
  const counts = useMirror((mirror) => mirror.counts);
  const profiles = useProfiles();
  const shares = useShares();
  return (
    <nav className={styles.sidebar} aria-label="Places">
      <ul>
        {groups.map((one) => (
          <Item
            key={one}
            icon={groupIcons[one]}
            word={groupWords[one]}
            count={counts[one]}
            group={one}
            current={place.kind === 'jobs' && one === group}
            to={jobsOf(one)}
          />
        ))}
        <Item
          icon={Share2}
          word="Shares"
          count={shares?.filter(({ state }) => state.kind === 'on').length ?? 0}
          current={place.kind === 'shares'}
          to={{ place: { kind: 'shares' } }}
        />
        <Item
          icon={Database}
          word="Connections"
          count={profiles?.length ?? 0}
          current={place.kind === 'connections'}
          to={{ place: { kind: 'connections' } }}
        >
          {profiles && profiles.length > 0 && (
            <ul className={styles.nested}>
              {profiles.map(({ id, name, color }) => (
                <li key={id}>
                  <button
                    type="button"
                    className={styles.item}
                    aria-current={place.kind === 'export' && place.connection === id ? 'true' : undefined}
                    title={`Export from ${name}`}
                    onClick={() => view.setState({ place: { kind: 'export', connection: id } })}
                  >
                    <ColorTag color={color} />
                    <span className={styles.word}>{name}</span>
                  </button>
                </li>
              ))}
            </ul>
          )}
        </Item>
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

interface ItemProps {
  icon: LucideIcon;
  word: string;
  count: number;
  current: boolean;
  to: Partial<View>;
  group?: Group;
  /** What stands below it. */
  children?: ReactNode;
}

function Item({ icon: Icon, word, count, current, to, group, children }: ItemProps) {
  const { view } = useServices();
  return (
    <li>
      <button
        type="button"
        className={styles.item}
        aria-current={current ? 'true' : undefined}
        title={word}
        data-group={group}
        data-any={count > 0 || undefined}
        onClick={() => view.setState(to)}
      >
        <Icon size={16} />
        <span className={styles.word}>{word}</span> <span className={styles.count}>{count.toLocaleString()}</span>
      </button>
      {children}
    </li>
  );
}
