import { PlugZap } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { ConnectionDraft } from '../../../shared/database.ts';
import { failure, type Failure } from '../../../shared/failure.ts';
import { useClient, useProfiles, useServices } from '../services.tsx';
import { failureOf } from '../transport/index.ts';
import { Button } from '../ui/Button.tsx';
import { Checkbox } from '../ui/Checkbox.tsx';
import { keysOf } from '../ui/keys-of.ts';
import { ChoiceField, Note, SelectField, TextField } from '../ui/Field.tsx';
import { Fold } from '../ui/Fold.tsx';
import { FormDialog } from '../ui/FormDialog.tsx';
import { ColorTag } from './ColorTag.tsx';
import { draftOf, draftOfProfile, emptyDraft, problemsOf, typedOf, type Typed } from './draft.ts';
import { TestResult } from './TestResult.tsx';
import { useTest } from './use-test.ts';
import { colorWords, sshWords, tlsWords } from './words.ts';
import styles from './Connections.module.css';

/** Asks for a new connection, or changes one that is kept. */
export function ConnectionDialog({ id, onClose }: { id: string | null; onClose: () => void }) {
  const profile = useProfiles()?.find((one) => one.id === id);
  const { connections, view } = useServices();
  const client = useClient();
  const [typed, setTyped] = useState(() => typedOf(profile ? draftOfProfile(profile) : emptyDraft));
  const [shown, setShown] = useState(false);
  const [problem, setProblem] = useState<Failure | null>(null);
  const { state, run, reset } = useTest();
  const problems = problemsOf(typed);
  const wrong = (field: string) =>
    shown && problems[field] ? failure('bad-input', { detail: problems[field] }) : null;

  const change = (patch: Partial<Typed>) => {
    setTyped((now) => ({ ...now, ...patch }));
    setProblem(null);
    reset();
  };
  const changeSsh = (patch: Partial<Typed['ssh']>) => change({ ssh: { ...typed.ssh, ...patch } });
  /** Does something with what was typed, or shows what is wrong with it. */
  const ready = (next: Typed, action: (draft: ConnectionDraft) => void) => {
    if (Object.keys(problemsOf(next)).length > 0) setShown(true);
    else action(draftOf(next));
  };
  const test = (next = typed) => ready(next, (draft) => void run(draft));
  const save = async (draft: ConnectionDraft) => {
    try {
      const saved = await client.connections.save(draft);
      await connections.refresh();
      if (id === null) view.setState({ place: { kind: 'export', connection: saved.id } });
      onClose();
    } catch (error) {
      setProblem(failureOf(error));
    }
  };
  const trust = (hostKey: string) => {
    const next = { ...typed, ssh: { ...typed.ssh, hostKey } };
    setTyped(next);
    test(next);
  };

  return (
    <FormDialog
      title={id === null ? 'New connection' : 'Connection'}
      width={600}
      onClose={onClose}
      submit={id === null ? 'Add' : 'Save'}
      aside={
        <Button className={styles.test} onClick={() => test()}>
          <PlugZap size={15} />
          Test
        </Button>
      }
      onSubmit={() => ready(typed, (draft) => void save(draft))}
    >
      {id === null && <PasteBox onParsed={(draft) => change(typedOf({ ...draft, color: typed.color }))} />}
      <div className={styles.nameLine}>
        <TextField
          label="Name"
          placeholder={`${typed.database || 'database'} on ${typed.host || 'host'}`}
          value={typed.name}
          onChange={(name) => change({ name })}
        />
        <ColorField value={typed.color} onChange={(color) => change({ color })} />
      </div>
      <div className={styles.hostLine}>
        <TextField label="Host" value={typed.host} problem={wrong('host')} onChange={(host) => change({ host })} />
        <TextField
          label="Port"
          inputMode="numeric"
          value={typed.port}
          problem={wrong('port')}
          onChange={(port) => change({ port })}
        />
      </div>
      <div className={styles.triple}>
        <TextField
          label="Database"
          value={typed.database}
          problem={wrong('database')}
          onChange={(database) => change({ database })}
        />
        <TextField label="User" value={typed.user} problem={wrong('user')} onChange={(user) => change({ user })} />
        <PasswordField
          label="Password"
          kept={profile?.hasPassword ?? false}
          value={typed.password}
          onChange={(password) => change({ password })}
        />
      </div>
      <Checkbox
        label="Read only"
        hint="The server itself refuses every change that comes over this connection."
        checked={typed.readOnly}
        onChange={(readOnly) => change({ readOnly })}
      />
      <Fold className={styles.folded} title="Encryption" note={tlsWords[typed.mode]}>
        <SelectField
          label="TLS"
          value={typed.mode}
          choices={keysOf(tlsWords)}
          word={(mode) => (mode === null ? '' : `${tlsWords[mode]} (${mode})`)}
          onChange={(mode) => mode !== null && change({ mode })}
        />
        <TextField
          label="Authority"
          placeholder="Those of this computer"
          hint="A PEM file. What it signed is trusted."
          value={typed.ca}
          onChange={(ca) => change({ ca })}
        />
        <div className={styles.pair}>
          <TextField
            label="Client certificate"
            placeholder="None"
            value={typed.certificate}
            onChange={(certificate) => change({ certificate })}
          />
          <TextField label="Its key" placeholder="None" value={typed.key} onChange={(key) => change({ key })} />
        </div>
      </Fold>
      <Fold
        className={styles.folded}
        title="SSH tunnel"
        note={typed.useSsh ? typed.ssh.host || 'On' : 'None'}
        force={shown && typed.useSsh}
      >
        <Checkbox
          label="Reach the database through an SSH server"
          checked={typed.useSsh}
          onChange={(useSsh) => change({ useSsh })}
        />
        {typed.useSsh && (
          <SshFields
            typed={typed}
            kept={profile?.hasSshPassword ?? false}
            wrong={wrong}
            onChange={changeSsh}
            onPassword={(sshPassword) => change({ sshPassword })}
          />
        )}
      </Fold>
      <Fold
        className={styles.folded}
        title="Timeouts"
        note={typed.statementTimeout ? `${typed.statementTimeout} s for previews` : 'None'}
      >
        <div className={styles.pair}>
          <TextField
            label="Previews and lists"
            placeholder="None"
            hint="Seconds until the server ends a query."
            inputMode="decimal"
            value={typed.statementTimeout}
            problem={wrong('statementTimeout')}
            onChange={(statementTimeout) => change({ statementTimeout })}
          />
          <TextField
            label="Exports"
            placeholder="None"
            hint="Seconds. Empty: as long as it takes."
            inputMode="decimal"
            value={typed.exportTimeout}
            problem={wrong('exportTimeout')}
            onChange={(exportTimeout) => change({ exportTimeout })}
          />
        </div>
      </Fold>
      <TestResult state={state} ssh={typed.useSsh} tls={typed.mode !== 'disable'} onTrust={trust} />
      <Note problem={problem} />
    </FormDialog>
  );
}

/** What somebody has as one line fills the whole form. */
function PasteBox({ onParsed }: { onParsed: (draft: ConnectionDraft) => void }) {
  const client = useClient();
  const [text, setText] = useState('');
  const [problem, setProblem] = useState<Failure | null>(null);
  useEffect(() => {
    const line = text.trim();
    if (!line) return undefined;
    const stopping = new AbortController();
    const parse = async () => {
      try {
        const draft = await client.connections.parse({ text: line }, { signal: stopping.signal });
        if (!stopping.signal.aborted) onParsed(draft);
      } catch (error) {
        if (!stopping.signal.aborted) setProblem(failureOf(error));
      }
    };
    const resting = setTimeout(() => void parse(), 250);
    return () => {
      clearTimeout(resting);
      stopping.abort();
    };
    // oxlint-disable-next-line react/exhaustive-deps -- only new text is read again
  }, [text, client]);
  return (
    <TextField
      label="Link"
      placeholder="postgresql://user@host:5432/database"
      hint="Paste one to fill in the rest. “host=… dbname=…” works too."
      value={text}
      problem={problem}
      onChange={(value) => {
        setText(value);
        setProblem(null);
      }}
    />
  );
}

function ColorField({ value, onChange }: { value: Typed['color']; onChange: (color: Typed['color']) => void }) {
  return (
    <fieldset className={styles.colors}>
      <legend>Colour</legend>
      <div>
        {keysOf(colorWords).map((color) => (
          <label key={color} title={colorWords[color]}>
            <input
              type="radio"
              name="color"
              aria-label={colorWords[color]}
              checked={color === value}
              onChange={() => onChange(color)}
            />
            <ColorTag color={color} />
          </label>
        ))}
      </div>
    </fieldset>
  );
}

interface PasswordFieldProps {
  label: string;
  /** True where one is in the keychain. */
  kept: boolean;
  /** Undefined: as it is kept; null: none. */
  value: string | null | undefined;
  onChange: (password: string | null | undefined) => void;
}

/** A password that is kept is never shown; it stays, is replaced, or is forgotten. */
function PasswordField({ label, kept, value, onChange }: PasswordFieldProps) {
  const forgets = kept && value === null;
  return (
    <TextField
      label={label}
      type="password"
      autoComplete="new-password"
      placeholder={kept && !forgets ? 'Kept in the keychain' : 'None'}
      value={value ?? ''}
      onChange={(text) => onChange(text === '' ? (kept ? undefined : null) : text)}
      trailing={
        kept &&
        value === undefined && (
          <Button kind="quiet" small onClick={() => onChange(null)}>
            Forget
          </Button>
        )
      }
    />
  );
}

interface SshFieldsProps {
  typed: Typed;
  kept: boolean;
  wrong: (field: string) => Failure | null;
  onChange: (patch: Partial<Typed['ssh']>) => void;
  onPassword: (password: string | null | undefined) => void;
}

function SshFields({ typed, kept, wrong, onChange, onPassword }: SshFieldsProps) {
  const { ssh } = typed;
  return (
    <>
      <div className={styles.hostLine}>
        <TextField
          label="SSH host"
          value={ssh.host}
          problem={wrong('sshHost')}
          onChange={(host) => onChange({ host, hostKey: null })}
        />
        <TextField
          label="SSH port"
          inputMode="numeric"
          value={ssh.port}
          problem={wrong('sshPort')}
          onChange={(port) => onChange({ port, hostKey: null })}
        />
      </div>
      <div className={styles.pair}>
        <TextField
          label="SSH user"
          value={ssh.user}
          problem={wrong('sshUser')}
          onChange={(user) => onChange({ user })}
        />
        <ChoiceField
          label="Log in with"
          value={ssh.authentication}
          words={sshWords}
          onChange={(authentication) => onChange({ authentication })}
        />
      </div>
      {ssh.authentication !== 'agent' && (
        <div className={styles.pair}>
          {ssh.authentication === 'key' && (
            <TextField
              label="Key file"
              placeholder="~/.ssh/id_ed25519"
              value={ssh.keyFile}
              problem={wrong('sshKey')}
              onChange={(keyFile) => onChange({ keyFile })}
            />
          )}
          <PasswordField
            label={ssh.authentication === 'key' ? 'Key’s password' : 'SSH password'}
            kept={kept}
            value={typed.sshPassword}
            onChange={onPassword}
          />
        </div>
      )}
    </>
  );
}
