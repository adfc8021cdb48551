import { Menu } from '@base-ui/react/menu';
import {
  ChevronDown,
  Database,
  Download,
  FileOutput,
  PanelRight,
  Plus,
  Radio,
  Search,
  Share2,
  SquareTerminal,
  X,
  type LucideIcon,
} from 'lucide-react';
import { use, useRef } from 'react';
import { formatRate } from '../../../shared/format.ts';
import { useMirror, useProfiles, useServices, useView } from '../services.tsx';
import { Button, IconButton } from '../ui/Button.tsx';
import { shortcut } from '../ui/keys.ts';
import { LayerContext } from '../ui/layer.ts';
import popup from '../ui/Popup.module.css';
import type { View } from '../view/view.ts';
import { Mark } from './Mark.tsx';
import { Sparkline } from './Sparkline.tsx';
import styles from './Header.module.css';

/** The id by which the shortcut finds the search field. */
export const searchId = 'search';

export function Header() {
  const { view } = useServices();
  const details = useView((view) => view.details);
  const here = useView((view) => view.place.kind === 'jobs');
  return (
    <header className={styles.header}>
      <div className={styles.brand}>
        <Mark size={20} />
        <h1 className={styles.word}>Sluice</h1>
      </div>
      <SearchField />
      <TotalRate />
      <IconButton
        label="Commands"
        keys={shortcut('K')}
        className={styles.palette}
        onClick={() => view.setState({ dialog: { kind: 'palette' } })}
      >
        <SquareTerminal size={16} />
      </IconButton>
      <IconButton
        label="Details"
        keys="Enter"
        aria-pressed={details && here}
        disabled={!here}
        onClick={() => view.setState({ details: !details })}
      >
        <PanelRight size={16} />
      </IconButton>
      <Button
        kind="primary"
        className={styles.new}
        aria-label="New download"
        title={`New download (${shortcut('N')})`}
        onClick={() => view.setState({ dialog: { kind: 'add', text: '' } })}
      >
        <Plus size={16} />
        <span>New</span>
      </Button>
      <NewMenu />
    </header>
  );
}

/** What else can be begun. */
function NewMenu() {
  const { view } = useServices();
  const profiles = useProfiles();
  const open = (patch: Partial<View>) => () => view.setState(patch);
  const [first] = profiles ?? [];
  const items: readonly (readonly [LucideIcon, string, Partial<View>])[] = [
    [Download, 'Download…', { dialog: { kind: 'add', text: '' } }],
    [
      FileOutput,
      'Export from a database…',
      { place: first ? { kind: 'export', connection: first.id } : { kind: 'connections' } },
    ],
    [Radio, 'Capture of a feed…', { dialog: { kind: 'capture' } }],
    [Share2, 'Share…', { dialog: { kind: 'share', draft: { kind: 'folder', of: '', name: '' } } }],
    [Database, 'Connection…', { dialog: { kind: 'connection', id: null } }],
  ];
  return (
    <Menu.Root>
      <Menu.Trigger
        render={
          <Button kind="primary" className={styles.newMore} aria-label="Other new things" title="New …">
            <ChevronDown size={15} />
          </Button>
        }
      />
      <Menu.Portal container={use(LayerContext)}>
        <Menu.Positioner className={popup.positioner} align="end" sideOffset={6}>
          <Menu.Popup className={popup.popup}>
            {items.map(([Icon, word, patch]) => (
              <Menu.Item key={word} className={popup.item} onClick={open(patch)}>
                <span className={popup.icon}>
                  <Icon size={14} />
                </span>
                {word}
              </Menu.Item>
            ))}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}

function SearchField() {
  const { view } = useServices();
  const search = useView((view) => view.search);
  const input = useRef<HTMLInputElement>(null);
  const clear = () => {
    view.setState({ search: '' });
    input.current?.focus();
  };
  return (
    <search className={styles.search}>
      <Search size={15} />
      <input
        ref={input}
        id={searchId}
        type="text"
        aria-label="Search jobs"
        placeholder="Search"
        autoComplete="off"
        spellCheck={false}
        value={search}
        onChange={(event) => view.setState({ search: event.target.value, place: { kind: 'jobs' } })}
        onKeyDown={(event) => {
          if (event.key === 'Escape' && search) clear();
        }}
      />
      {search ? (
        <button type="button" className={styles.clear} aria-label="Clear search" onClick={clear}>
          <X size={14} />
        </button>
      ) : (
        <kbd className={styles.keys}>{shortcut('F')}</kbd>
      )}
    </search>
  );
}

function TotalRate() {
  const rate = useMirror((mirror) => mirror.totals.rate);
  const rates = useMirror((mirror) => mirror.rates);
  return (
    <div className={styles.total} role="group" aria-label="Total speed">
      <Sparkline rates={rates} />
      <span className={styles.rate} data-idle={rate === 0 || undefined}>
        {formatRate(rate)}
      </span>
    </div>
  );
}
