import { useEffect, useRef, useState } from 'react';
import type { ExportSource, Preview } from '../../../shared/database.ts';
import type { Failure } from '../../../shared/failure.ts';
import { useClient } from '../services.tsx';
import { failureOf } from '../transport/index.ts';

/** The first rows: none yet, on their way, here, or why they are not. */
export type PreviewState =
  | { readonly kind: 'none' }
  | { readonly kind: 'running'; readonly before: Preview | null }
  | { readonly kind: 'here'; readonly preview: Preview }
  | { readonly kind: 'bad'; readonly failure: Failure };

/** Reads the first rows. A new reading, or going away, cancels the one before, on the server too. */
export function usePreview(connection: string) {
  const client = useClient();
  const [state, setState] = useState<PreviewState>({ kind: 'none' });
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);

  const run = async (source: ExportSource) => {
    running.current?.abort();
    const stopping = new AbortController();
    running.current = stopping;
    setState((now) => ({ kind: 'running', before: now.kind === 'here' ? now.preview : null }));
    let next: PreviewState;
    try {
      next = {
        kind: 'here',
        preview: await client.connections.preview({ connection, source }, { signal: stopping.signal }),
      };
    } catch (error) {
      next = { kind: 'bad', failure: failureOf(error) };
    }
    if (!stopping.signal.aborted) setState(next);
  };
  const cancel = () => {
    running.current?.abort();
    setState((now) =>
      now.kind === 'running' && now.before ? { kind: 'here', preview: now.before } : { kind: 'none' },
    );
  };
  return { state, run, cancel };
}
