import { useState } from 'react';
import { formatRate } from '../../../shared/format.ts';
import type { Share, ShareOptions } from '../../../shared/share.ts';
import { useClient } from '../services.tsx';
import { Button } from '../ui/Button.tsx';
import { SelectField, TextField } from '../ui/Field.tsx';
import { endsText } from './words.ts';
import fields from '../ui/Fields.module.css';

const limits = [500_000, 1_000_000, 5_000_000, 25_000_000];
const hour = 3_600_000;
const lives = { 'One hour from now': hour, 'One day from now': 24 * hour, 'One week from now': 168 * hour } as const;

interface ShareChangesProps {
  share: Share;
  attempt: (call: () => Promise<unknown>) => Promise<void>;
}

/** What can be changed while it is read: how long, how fast, and the password. */
export function ShareChanges({ share, attempt }: ShareChangesProps) {
  const client = useClient();
  const [password, setPassword] = useState('');
  const change = (options: Partial<ShareOptions>) =>
    void attempt(() => client.shares.change({ id: share.id, options }));
  const setWord = async (word: string | null) => {
    await attempt(() => client.shares.change({ id: share.id, options: {}, password: word }));
    setPassword('');
  };
  const all = share.limit === null || limits.includes(share.limit) ? limits : [...limits, share.limit];
  return (
    <form
      className={fields.pair}
      onSubmit={(event) => {
        event.preventDefault();
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
        choices={all}
        word={(limit) => (limit === null ? 'No limit' : formatRate(limit))}
        onChange={(limit) => change({ limit })}
      />
      <div className={fields.wide}>
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
