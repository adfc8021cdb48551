import { useEffect, useState } from 'react';
import type { ConnectionDraft } from '../../../shared/database.ts';
import type { Failure } from '../../../shared/failure.ts';
import { useClient } from '../services.tsx';
import { failureOf } from '../transport/index.ts';
import { TextField } from '../ui/Field.tsx';

/** What somebody has as one line fills the whole form. */
export function PasteBox({ onParsed }: { onParsed: (draft: ConnectionDraft) => void }) {
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
