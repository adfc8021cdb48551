import { Copy, EllipsisVertical, Lock, Pencil, PlugZap, Plus, Trash2, Waypoints } from 'lucide-react';
import { Menu } from '@base-ui/react/menu';
import { use, useEffect, useState } from 'react';
import type { ConnectionProfile, Importable } from '../../../shared/database.ts';
import { useClient, useLive, useProfiles, useServices } from '../services.tsx';
import { Button, IconButton } from '../ui/Button.tsx';
import { Note } from '../ui/Field.tsx';
import { Empty } from '../ui/Empty.tsx';
import { LayerContext } from '../ui/layer.ts';
import { MenuItem } from '../ui/MenuItems.tsx';
import page from '../ui/Page.module.css';
import popup from '../ui/Popup.module.css';
import { Tile } from '../ui/Tile.tsx';
import { useAttempt } from '../ui/use-attempt.ts';
import { whatIsWrong, whatToDo } from '../words.ts';
import { ColorTag } from './ColorTag.tsx';
import { draftOfProfile } from './draft.ts';
import { useSampleDatabase } from './use-sample.ts';
import { useTest, type TestState } from './use-test.ts';
import { addressOf, fromWords, reportWords } from './words.ts';

/** The databases that Sluice knows how to reach. */
export function ConnectionsPage() {
  const { view } = useServices();
  const profiles = useProfiles();
  const sample = useSampleDatabase();
  const add = () => view.setState({ dialog: { kind: 'connection', id: null } });
  const none = profiles?.length === 0;
  const hasSample = profiles?.some((profile) => profile.sample) ?? false;
  return (
    <div className={page.page}>
      <header className={page.bar}>
        <h2 className={page.heading}>Connections</h2>
        {profiles && !none && !hasSample && (
          <Button small onClick={sample.start} disabled={sample.starting}>
            {sample.starting ? 'Starting…' : 'Sample database'}
          </Button>
        )}
        <Button small kind="primary" onClick={add}>
          <Plus size={14} />
          New connection
        </Button>
      </header>
      <div className={page.content}>
        {!none && <Note problem={sample.problem} />}
        {none && (
          <Empty
            sentence="Connect to a PostgreSQL database to export tables and queries to files."
            actions={
              <>
                <Button kind="primary" onClick={add}>
                  Add a connection
                </Button>
                <Button onClick={sample.start} disabled={sample.starting}>
                  {sample.starting ? 'Starting…' : 'Try it'}
                </Button>
              </>
            }
            hint="“Try it” starts a small PostgreSQL with sample data on this computer. No server needed."
          >
            <Note problem={sample.problem} />
          </Empty>
        )}
        {profiles && profiles.length > 0 && (
          <ul aria-label="Connections">
            {profiles.map((profile) => (
              <ProfileRow key={profile.id} profile={profile} />
            ))}
          </ul>
        )}
        <ImportableList />
      </div>
    </div>
  );
}

function ProfileRow({ profile }: { profile: ConnectionProfile }) {
  const { view } = useServices();
  const { state, run } = useTest();
  const { problem, attempt } = useAttempt();
  const secure = profile.tls.mode !== 'disable' && profile.tls.mode !== 'prefer';
  return (
    <li className={page.row}>
      <Tile>
        <ColorTag color={profile.color} large />
      </Tile>
      <div className={page.about}>
        <button
          type="button"
          className={`${page.name} ${page.reach}`}
          title={`Export from ${profile.name}`}
          onClick={() => view.setState({ place: { kind: 'export', connection: profile.id } })}
        >
          {profile.name}
        </button>
        <SecondLine profile={profile} state={problem ? { kind: 'bad', failure: problem } : state} />
      </div>
      <div className={page.badges}>
        {profile.ssh && (
          <span className={page.badge} title={`Through ${profile.ssh.host}`}>
            <Waypoints size={12} />
            SSH
          </span>
        )}
        {secure && (
          <span className={page.badge} title={`TLS: ${profile.tls.mode}`}>
            <Lock size={11} />
            TLS
          </span>
        )}
        {profile.readOnly ? (
          <span className={page.badge}>Read only</span>
        ) : (
          <span className={page.badge} data-kind="warning">
            Can write
          </span>
        )}
      </div>
      <IconButton label={`Test ${profile.name}`} onClick={() => void run(draftOfProfile(profile))}>
        <PlugZap size={15} />
      </IconButton>
      <ProfileMenu profile={profile} attempt={attempt} />
    </li>
  );
}

function SecondLine({ profile, state }: { profile: ConnectionProfile; state: TestState }) {
  const [how, words] =
    state.kind === 'running'
      ? ['', 'Connecting…']
      : state.kind === 'good'
        ? ['good', reportWords(state.report)]
        : state.kind === 'bad'
          ? ['bad', `${whatIsWrong(state.failure)} ${whatToDo(state.failure)}`]
          : ['', profile.sample ? 'Sample data on this computer' : addressOf(profile)];
  return (
    <p
      className={page.second}
      role="status"
      data-bad={how === 'bad' || undefined}
      data-good={how === 'good' || undefined}
    >
      {words}
    </p>
  );
}

interface ProfileMenuProps {
  profile: ConnectionProfile;
  attempt: (call: () => Promise<unknown>) => Promise<void>;
}

function ProfileMenu({ profile, attempt }: ProfileMenuProps) {
  const { view } = useServices();
  const client = useClient();
  const copy = () => {
    const { id: _, ...draft } = draftOfProfile(profile);
    void attempt(() => client.connections.save({ ...draft, name: `${profile.name} (copy)` }));
  };
  return (
    <Menu.Root>
      <Menu.Trigger
        render={
          <IconButton label={`More for ${profile.name}`}>
            <EllipsisVertical size={15} />
          </IconButton>
        }
      />
      <Menu.Portal container={use(LayerContext)}>
        <Menu.Positioner className={popup.positioner} align="end" sideOffset={2}>
          <Menu.Popup className={popup.popup}>
            {!profile.sample && (
              <>
                <MenuItem
                  icon={Pencil}
                  word="Edit…"
                  onClick={() => view.setState({ dialog: { kind: 'connection', id: profile.id } })}
                />
                <MenuItem icon={Copy} word="Duplicate without password" onClick={copy} />
              </>
            )}
            <MenuItem
              icon={Trash2}
              word="Remove…"
              onClick={() => view.setState({ dialog: { kind: 'remove-connection', id: profile.id } })}
            />
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}

/** What libpq programs on this computer use already. */
function ImportableList() {
  const client = useClient();
  const live = useLive();
  const profiles = useProfiles();
  const [found, setFound] = useState<readonly Importable[]>([]);
  const { problem, attempt } = useAttempt();
  useEffect(() => {
    if (!live) return;
    client.connections.importable().then(setFound, () => undefined);
  }, [client, live]);
  const add = ({ key, draft, hasPassword }: Importable) =>
    attempt(() => client.connections.save({ ...draft, ...(hasPassword && { passwordOf: key }) }));
  const known = new Set(profiles?.map(addressOf));
  const left = found.filter(({ draft }) => !known.has(addressOf(draft)));
  if (left.length === 0) return null;
  return (
    <section aria-label="Found on this computer">
      <h3 className={page.subtitle}>Found on this computer</h3>
      <ul>
        {left.map((one) => (
          <li key={one.key} className={page.row}>
            <Tile>
              <ColorTag color="grey" large />
            </Tile>
            <div className={page.about}>
              <p className={page.name}>{one.draft.name}</p>
              <p className={page.second}>
                {addressOf(one.draft)} · {fromWords[one.from]}
                {one.hasPassword && ', with its password'}
              </p>
            </div>
            <Button small onClick={() => void add(one)}>
              Add
            </Button>
          </li>
        ))}
      </ul>
      <Note problem={problem} />
    </section>
  );
}
