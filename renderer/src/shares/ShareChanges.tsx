import { useState } from 'react';
import { formatRate } from '../../../shared/format.ts';
import type { Share, ShareOptions } from '../../../shared/share.ts';
import { useClient } from '../services.tsx';
import { Button } from '../ui/Button.tsx';
import { ChoiceField, SelectField, TextField } from '../ui/Field.tsx';
import { deliveriesText, deliveryChoices, dispositionWords, endsText, isOfFiles } from './words.ts';
import fields from '../ui/Fields.module.css';

const limits = [500_000, 1_000_000, 5_000_000, 25_000_000];
const hour = 3_600_000;
const lives = { 'One hour from now': hour, 'One day from now': 24 * hour, 'One week from now': 168 * hour } as const;

interface ShareChangesProps {
  share: Share;
  attempt: (call: () => Promise<unknown>) => Promise<void>;
}

/** What can be changed while it is read: all but what is served, and to whom. */
export function ShareChanges({ share, attempt }: ShareChangesProps) {
  const client = useClient();
  const [password, setPassword] = useState('');
  /** Null: as it is. */
  const [name, setName] = useState<string | null>(null);
  const change = (options: Partial<ShareOptions>) =>
    void attempt(() => client.shares.change({ id: share.id, options }));
  const setWord = async (word: string | null) => {
    await attempt(() => client.shares.change({ id: share.id, options: {}, password: word }));
    setPassword('');
  };
  const rename = async (wanted: string) => {
    await attempt(() => client.shares.change({ id: share.id, options: { name: wanted } }));
    setName(null);
  };
  const { kind } = share.target;
  const newName = name?.trim() ?? '';
  const isRenamed = newName !== '' && newName !== share.name;
  return (
    <form
      className={fields.pair}
      onSubmit={(event) => {
        event.preventDefault();
        if (isRenamed) void rename(newName);
        if (password) void setWord(password);
      }}
    >
      <SelectField
        label="Ends"
        value={share.expiresAt === null ? null : 'kept'}
        choices={[...(share.expiresAt === null ? [] : ['kept']), ...Object.keys(lives)]}
        word={(one) => (one === null ? 'When I revoke it' : one === 'kept' ? endsText(share, Date.now()) : one)}
        onChange={(one) => {
          if (one === null) change({ expiresAt: null });
          else if (one !== 'kept') change({ expiresAt: Date.now() + lives[one as keyof typeof lives] });
        }}
      />
      <SelectField
        label="Speed limit"
        value={share.limit}
        choices={withPresent(limits, share.limit)}
        word={(limit) => (limit === null ? 'No limit' : formatRate(limit))}
        onChange={(limit) => change({ limit })}
      />
      {kind !== 'feed' && (
        <SelectField
          label="Or after"
          value={share.deliveries}
          choices={withPresent(deliveryChoices, share.deliveries)}
          word={(one) => (one === null ? 'Any number of deliveries' : `${deliveriesText(one)} more`)}
          onChange={(deliveries) => change({ deliveries })}
        />
      )}
      {isOfFiles(kind) && (
        <ChoiceField
          label="In a browser"
          value={share.disposition}
          words={dispositionWords}
          onChange={(disposition) => change({ disposition })}
        />
      )}
      <div className={fields.wide}>
        <TextField
          label="Name"
          maxLength={200}
          value={name ?? share.name}
          onChange={setName}
          trailing={isRenamed && <Button type="submit">Rename</Button>}
        />
        <TextField
          label="Password"
          type="password"
          autoComplete="new-password"
          placeholder={share.hasPassword ? 'Asked of every reader' : 'None'}
          value={password}
          onChange={setPassword}
          trailing={
            password ? (
              <Button type="submit">Set</Button>
            ) : (
              share.hasPassword && <Button onClick={() => void setWord(null)}>Remove</Button>
            )
          }
        />
      </div>
    </form>
  );
}

/** The choices, with the value that holds now among them. */
function withPresent(choices: readonly number[], present: number | null): readonly number[] {
  return present === null || choices.includes(present) ? choices : [...choices, present].toSorted((a, b) => a - b);
}
