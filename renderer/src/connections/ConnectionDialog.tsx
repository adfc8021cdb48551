import { PlugZap } from 'lucide-react';
import { useState } from 'react';
import type { ConnectionDraft } from '../../../shared/database.ts';
import { failure, type Failure } from '../../../shared/failure.ts';
import { useClient, useProfiles, useServices } from '../services.tsx';
import { failureOf } from '../transport/index.ts';
import { Button } from '../ui/Button.tsx';
import { Checkbox } from '../ui/Checkbox.tsx';
import { Note, TextField } from '../ui/Field.tsx';
import { Fold } from '../ui/Fold.tsx';
import { FormDialog } from '../ui/FormDialog.tsx';
import { ColorField } from './ColorField.tsx';
import { draftOf, draftOfProfile, emptyDraft, problemsOf, typedOf, type Typed } from './draft.ts';
import { EncryptionFold } from './EncryptionFold.tsx';
import { PasswordField } from './PasswordField.tsx';
import { PasteBox } from './PasteBox.tsx';
import { SshFold } from './SshFold.tsx';
import { TestResult } from './TestResult.tsx';
import { useTest } from './use-test.ts';
import fields from '../ui/Fields.module.css';
import styles from './Connections.module.css';

/** Asks for a new connection, or changes one that is kept. */
export function ConnectionDialog({ id, onClose }: { id: string | null; onClose: () => void }) {
  const profile = useProfiles()?.find((one) => one.id === id);
  const { view } = useServices();
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
  /** Does something with what was typed, or shows what is wrong with it. */
  const ready = (next: Typed, action: (draft: ConnectionDraft) => void) => {
    if (Object.keys(problemsOf(next)).length > 0) setShown(true);
    else action(draftOf(next));
  };
  const test = (next = typed) => ready(next, (draft) => void run(draft));
  const save = async (draft: ConnectionDraft) => {
    try {
      const saved = await client.connections.save(draft);
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
      <EncryptionFold typed={typed} onChange={change} />
      <SshFold typed={typed} kept={profile?.hasSshPassword ?? false} shown={shown} wrong={wrong} onChange={change} />
      <Fold title="Timeouts" note={typed.statementTimeout ? `${typed.statementTimeout} s for previews` : 'None'}>
        <div className={fields.pair}>
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
