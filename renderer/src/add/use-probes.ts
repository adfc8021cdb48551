import { useEffect, useEffectEvent, useMemo, useState } from 'react';
import type { ProbeResult } from '../../../shared/download.ts';
import type { Failure } from '../../../shared/failure.ts';
import { useClient } from '../services.tsx';
import { failureOf, type Client } from '../transport/index.ts';
import type { Entry } from './parse-input.ts';

export type Probe =
  { readonly ok: true; readonly result: ProbeResult } | { readonly ok: false; readonly failure: Failure };

/** How long typing has to rest before anything is asked, in ms. */
const rest = 300;
/** Links that are asked about at the same time, and at most: a long list is not a reason to knock everywhere. */
const together = 4;
const most = 40;

type Headers = Readonly<Record<string, string>>;

/** What an answer depends on. */
function keyOf({ text, request }: Entry, headers: Headers): string {
  return `${text}\n${JSON.stringify({ ...headers, ...request?.headers })}`;
}

/**
 * Asks what the links lead to. Typing on cancels what is still under way; an answer is kept while the dialog is open.
 * `entries` and `headers` keep their identity while they are the same.
 */
export function useProbes(entries: readonly Entry[], headers: Headers): (entry: Entry) => Probe | 'probing' | null {
  const client = useClient();
  const [answers, setAnswers] = useState<ReadonlyMap<string, Probe>>(new Map());
  const asked = useMemo(() => entries.filter(({ request }) => request).slice(0, most), [entries]);

  const begin = useEffectEvent((asked: readonly Entry[], headers: Headers, signal: AbortSignal) => {
    const waiting = asked.filter((entry) => !answers.has(keyOf(entry, headers)));
    const askOneByOne = async () => {
      for (let entry = waiting.shift(); entry && !signal.aborted; entry = waiting.shift()) {
        const key = keyOf(entry, headers);
        const answer = await probe(client, entry, headers, signal);
        if (!signal.aborted) setAnswers((answers) => new Map(answers).set(key, answer));
      }
    };
    for (let i = 0; i < together; i += 1) void askOneByOne();
  });

  useEffect(() => {
    const stopping = new AbortController();
    const timer = setTimeout(() => begin(asked, headers, stopping.signal), rest);
    return () => {
      clearTimeout(timer);
      stopping.abort();
    };
  }, [asked, headers]);

  return (entry) => (asked.includes(entry) ? (answers.get(keyOf(entry, headers)) ?? 'probing') : null);
}

async function probe(client: Client, { request }: Entry, headers: Headers, signal: AbortSignal): Promise<Probe> {
  const all = { ...headers, ...request?.headers };
  const question = { url: request?.url ?? '', ...(Object.keys(all).length > 0 && { headers: all }) };
  try {
    return { ok: true, result: await client.remote.probe(question, { signal }) };
  } catch (error) {
    return { ok: false, failure: failureOf(error) };
  }
}
