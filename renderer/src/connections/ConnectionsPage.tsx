import { Copy, EllipsisVertical, Lock, Pencil, PlugZap, Plus, Trash2, Waypoints } from 'lucide-react';
import { Menu } from '@base-ui/react/menu';
import { use, useEffect, useState } from 'react';
import type { ConnectionProfile, Importable } from '../../../shared/database.ts';
import type { Failure } from '../../../shared/failure.ts';
import { useClient, useLive, useProfiles, useServices } from '../services.tsx';
import { failureOf } from '../transport/index.ts';
import { Button, IconButton } from '../ui/Button.tsx';
import { Note } from '../ui/Field.tsx';
import { LayerContext } from '../ui/layer.ts';
import page from '../ui/Page.module.css';
import popup from '../ui/Popup.module.css';
import { whatIsWrong, whatToDo } from '../words.ts';
import { ColorTag } from './ColorTag.tsx';
import { draftOfProfile } from './draft.ts';
import { useSampleDatabase } from './use-sample.ts';
import { useTest, type TestState } from './use-test.ts';
import { addressOf, fromWords, reportWords } from './words.ts';
import styles from './Connections.module.css';

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
          <div className={styles.empty}>
            <p className={styles.sentence}>Connect to a PostgreSQL database to export tables and queries to files.</p>
            <div className={styles.actions}>
              <Button kind="primary" onClick={add}>
                Add a connection
              </Button>
              <Button onClick={sample.start} disabled={sample.starting}>
                {sample.starting ? 'Starting…' : 'Try it'}
              </Button>
            </div>
            <p className={styles.hint}>
              “Try it” starts a small PostgreSQL with sample data on this computer. No server needed.
            </p>
            <Note problem={sample.problem} />
          </div>
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
  const [problem, setProblem] = useState<Failure | null>(null);
  const secure = profile.tls.mode !== 'disable' && profile.tls.mode !== 'prefer';
  return (
    <li className={page.row}>
      <span className={styles.tile}>
        <ColorTag color={profile.color} />
      </span>
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
      <ProfileMenu profile={profile} onProblem={setProblem} />
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
  onProblem: (problem: Failure | null) => void;
}

function ProfileMenu({ profile, onProblem }: ProfileMenuProps) {
  const { view } = useServices();
  const client = useClient();
  const attempt = async (call: () => Promise<unknown>) => {
    try {
      await call();
      onProblem(null);
    } catch (error) {
      onProblem(failureOf(error));
    }
  };
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
                <Menu.Item
                  className={popup.item}
                  onClick={() => view.setState({ dialog: { kind: 'connection', id: profile.id } })}
                >
                  <span className={popup.icon}>
                    <Pencil size={14} />
                  </span>
                  Edit…
                </Menu.Item>
                <Menu.Item className={popup.item} onClick={copy}>
                  <span className={popup.icon}>
                    <Copy size={14} />
                  </span>
                  Duplicate without password
                </Menu.Item>
              </>
            )}
            <Menu.Item
              className={popup.item}
              onClick={() => void attempt(() => client.connections.remove({ id: profile.id }))}
            >
              <span className={popup.icon}>
                <Trash2 size={14} />
              </span>
              {profile.sample ? 'Remove' : 'Remove, with its password'}
            </Menu.Item>
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
  const [problem, setProblem] = useState<Failure | null>(null);
  useEffect(() => {
    if (!live) return;
    client.connections.importable().then(setFound, () => undefined);
  }, [client, live]);
  const add = async ({ key, draft, hasPassword }: Importable) => {
    try {
      await client.connections.save({ ...draft, ...(hasPassword && { passwordOf: key }) });
      setProblem(null);
    } catch (error) {
      setProblem(failureOf(error));
    }
  };
  const known = new Set(profiles?.map(addressOf));
  const left = found.filter(({ draft }) => !known.has(addressOf(draft)));
  if (left.length === 0) return null;
  return (
    <section aria-label="Found on this computer">
      <h3 className={page.subtitle}>Found on this computer</h3>
      <ul>
        {left.map((one) => (
          <li key={one.key} className={page.row}>
            <span className={styles.tile}>
              <ColorTag color="grey" />
            </span>
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
