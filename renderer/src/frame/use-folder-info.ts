import { useEffect, useState } from 'react';
import type { FolderInfo } from '../../../shared/system.ts';
import type { Failure } from '../../../shared/failure.ts';
import { useClient, useLive } from '../services.tsx';
import { failureOf } from '../transport/index.ts';

export type FolderAnswer =
  { readonly ok: true; readonly folder: FolderInfo } | { readonly ok: false; readonly failure: Failure };

/** How often free space is asked for again, in ms: it shrinks while files arrive. */
const period = 10_000;
/** How long typing has to rest before a path is asked about, in ms. */
const rest = 250;

/** What is free in a folder, or why Sluice cannot write there; null until it is known. */
export function useFolderInfo(path: string | null): FolderAnswer | null {
  const client = useClient();
  const live = useLive();
  const [answer, setAnswer] = useState<{ path: string; answer: FolderAnswer } | null>(null);
  useEffect(() => {
    if (!path || !live) return undefined;
    const stopping = new AbortController();
    const ask = async () => {
      let next: FolderAnswer;
      try {
        next = { ok: true, folder: await client.folders.info({ path }, { signal: stopping.signal }) };
      } catch (error) {
        next = { ok: false, failure: failureOf(error) };
      }
      if (!stopping.signal.aborted) setAnswer({ path, answer: next });
    };
    const first = setTimeout(() => void ask(), rest);
    const again = setInterval(() => void ask(), period);
    return () => {
      clearTimeout(first);
      clearInterval(again);
      stopping.abort();
    };
  }, [client, live, path]);
  return answer && answer.path === path ? answer.answer : null;
}
