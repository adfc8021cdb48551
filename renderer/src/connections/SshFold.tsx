import type { Failure } from '../../../shared/failure.ts';
import { Checkbox } from '../ui/Checkbox.tsx';
import { ChoiceField, TextField } from '../ui/Field.tsx';
import { Fold } from '../ui/Fold.tsx';
import { PathField } from '../ui/PathField.tsx';
import type { Typed } from './draft.ts';
import { PasswordField } from './PasswordField.tsx';
import { sshWords } from './words.ts';
import fields from '../ui/Fields.module.css';
import styles from './Connections.module.css';

interface SshFoldProps {
  typed: Typed;
  /** True where a password is in the keychain. */
  kept: boolean;
  /** True where what is wrong is to be seen. */
  shown: boolean;
  wrong: (field: string) => Failure | null;
  onChange: (patch: Partial<Typed>) => void;
}

/** The SSH server on the way to the database. */
export function SshFold({ typed, kept, shown, wrong, onChange }: SshFoldProps) {
  const { ssh, useSsh } = typed;
  const change = (patch: Partial<Typed['ssh']>) => onChange({ ssh: { ...ssh, ...patch } });
  return (
    <Fold title="SSH tunnel" note={useSsh ? ssh.host || 'On' : 'None'} force={shown && useSsh}>
      <Checkbox
        label="Reach the database through an SSH server"
        checked={useSsh}
        onChange={(next) => onChange({ useSsh: next })}
      />
      {useSsh && (
        <>
          <div className={styles.hostLine}>
            <TextField
              label="SSH host"
              value={ssh.host}
              problem={wrong('sshHost')}
              onChange={(host) => change({ host, hostKey: null })}
            />
            <TextField
              label="SSH port"
              inputMode="numeric"
              value={ssh.port}
              problem={wrong('sshPort')}
              onChange={(port) => change({ port, hostKey: null })}
            />
          </div>
          <div className={fields.pair}>
            <TextField
              label="SSH user"
              value={ssh.user}
              problem={wrong('sshUser')}
              onChange={(user) => change({ user })}
            />
            <ChoiceField
              label="Log in with"
              value={ssh.authentication}
              words={sshWords}
              onChange={(authentication) => change({ authentication })}
            />
          </div>
          {ssh.authentication !== 'agent' && (
            <div className={fields.pair}>
              {ssh.authentication === 'key' && (
                <PathField
                  of="file"
                  label="Key file"
                  placeholder="/home/ada/.ssh/id_ed25519"
                  value={ssh.keyFile}
                  problem={wrong('sshKey')}
                  onChange={(keyFile) => change({ keyFile })}
                />
              )}
              <PasswordField
                label={ssh.authentication === 'key' ? 'Key’s password' : 'SSH password'}
                kept={kept}
                value={typed.sshPassword}
                onChange={(sshPassword) => onChange({ sshPassword })}
              />
            </div>
          )}
        </>
      )}
    </Fold>
  );
}
