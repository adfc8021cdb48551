import { useEffect, useRef, useState } from 'react';
import type { ConnectionDraft, ConnectionReport } from '../../../shared/database.ts';
import type { Failure } from '../../../shared/failure.ts';
import { useClient } from '../services.tsx';
import { failureOf } from '../transport/index.ts';

/** How a test of a connection stands. */
export type TestState =
  | { readonly kind: 'none' }
  | { readonly kind: 'running' }
  | { readonly kind: 'good'; readonly report: ConnectionReport }
  | { readonly kind: 'bad'; readonly failure: Failure };

/** Tries a connection, one try at a time; a new one, or going away, ends the one before. */
export function useTest() {
  const client = useClient();
  const [state, setState] = useState<TestState>({ kind: 'none' });
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);

  const run = async (draft: ConnectionDraft) => {
    running.current?.abort();
    const stopping = new AbortController();
    running.current = stopping;
    setState({ kind: 'running' });
    let next: TestState;
    try {
      next = { kind: 'good', report: await client.connections.test(draft, { signal: stopping.signal }) };
    } catch (error) {
      next = { kind: 'bad', failure: failureOf(error) };
    }
    if (!stopping.signal.aborted) setState(next);
  };
  const reset = () => {
    running.current?.abort();
    setState({ kind: 'none' });
  };
  return { state, run, reset };
}
