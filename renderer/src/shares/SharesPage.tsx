import { Lock, Network, Plus } from 'lucide-react';
import { formatRate } from '../../../shared/format.ts';
import type { Share, ShareKind } from '../../../shared/share.ts';
import { useMirror, useServices, useShares, useView } from '../services.tsx';
import { Button } from '../ui/Button.tsx';
import { Empty } from '../ui/Empty.tsx';
import page from '../ui/Page.module.css';
import { IconTile } from '../ui/Tile.tsx';
import { useNow } from '../ui/use-now.ts';
import { shareIcons } from './icons.ts';
import { ShareDetails } from './ShareDetails.tsx';
import { endsText, targetText, trafficText } from './words.ts';
import styles from './Shares.module.css';

/** What this computer serves, and who reads it. */
export function SharesPage() {
  const { view } = useServices();
  const shares = useShares();
  const chosen = useView((view) => view.share);
  const shown = shares?.find(({ id }) => id === chosen);
  const downloads = useMirror((mirror) => mirror.settings?.folder ?? '');
  const add = (kind: ShareKind, of = '') => view.setState({ dialog: { kind: 'share', draft: { kind, of, name: '' } } });
  return (
    <div className={page.page}>
      <header className={page.bar}>
        <h2 className={page.heading}>Shares</h2>
        <Button small kind="primary" onClick={() => add('file')}>
          <Plus size={14} />
          New share
        </Button>
      </header>
      <div className={styles.body} data-shown={shown !== undefined || undefined}>
        <div className={page.content}>
          {shares && shares.length > 0 ? (
            <ul aria-label="Shares">
              {shares.map((share) => (
                <ShareRow key={share.id} share={share} selected={share.id === chosen} />
              ))}
            </ul>
          ) : (
            <Empty
              sentence="Turn a file, a folder, a link or a query into a link that any program can open."
              actions={
                <>
                  <Button kind="primary" onClick={() => add('folder')}>
                    Share a folder
                  </Button>
                  <Button onClick={() => add('file')}>Share something else</Button>
                  <Button onClick={() => add('folder', downloads)}>Try it</Button>
                </>
              }
              hint="“Try it” begins with your downloads folder. Only this computer reaches a share, unless you open it to the network."
            />
          )}
        </div>
        {shown && <ShareDetails key={shown.id} share={shown} />}
      </div>
    </div>
  );
}

function ShareRow({ share, selected }: { share: Share; selected: boolean }) {
  const { view } = useServices();
  const jobs = useMirror((mirror) => mirror.jobs);
  const now = useNow(false);
  const on = share.state.kind === 'on';
  return (
    <li className={page.row} data-selected={selected || undefined}>
      <IconTile icon={shareIcons[share.target.kind]} />
      <div className={page.about}>
        <button
          type="button"
          className={`${page.name} ${page.reach}`}
          aria-expanded={selected}
          onClick={() => view.setState({ share: selected ? null : share.id })}
        >
          {share.name}
        </button>
        <p className={page.second} data-bad={share.state.kind === 'broken' || undefined}>
          {share.state.kind === 'broken'
            ? share.state.message
            : `${on ? trafficText(share) : endsText(share, now)} · ${targetText(share.target, (id) => jobs.get(id)?.name ?? null)}`}
        </p>
      </div>
      <div className={page.badges}>
        {share.hasPassword && (
          <span className={page.badge}>
            <Lock size={11} />
            Password
          </span>
        )}
        {share.audience === 'network' && (
          <span className={page.badge} data-kind="warning">
            <Network size={12} />
            Network
          </span>
        )}
      </div>
      <span className={styles.rate}>{share.rate > 0 ? formatRate(share.rate) : ''}</span>
    </li>
  );
}
