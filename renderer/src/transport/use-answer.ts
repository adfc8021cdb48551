import { useEffect, useEffectEvent, useState } from 'react';
import type { Failure } from '../../../shared/failure.ts';
import { failureOf } from './failure-of.ts';

/** What came back for a question. */
export type Answer<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };

/** The last answer, and whether it is the one to the question that stands now. */
export interface Asked<T> {
  readonly answer: Answer<T> | null;
  readonly fresh: boolean;
}

/**
 * Asks the engine again whenever `question` changes and has rested for `rest` ms; the call before is cancelled. Null
 * asks nothing.
 */
export function useAnswer<T>(question: string | null, ask: (signal: AbortSignal) => Promise<T>, rest = 0): Asked<T> {
  const [last, setLast] = useState<{ question: string; answer: Answer<T> } | null>(null);
  const begin = useEffectEvent(async (asked: string, signal: AbortSignal) => {
    let answer: Answer<T>;
    try {
      answer = { ok: true, value: await ask(signal) };
    } catch (error) {
      answer = { ok: false, failure: failureOf(error) };
    }
    if (!signal.aborted) setLast({ question: asked, answer });
  });
  useEffect(() => {
    if (question === null) return undefined;
    const stopping = new AbortController();
    const resting = setTimeout(() => void begin(question, stopping.signal), rest);
    return () => {
      clearTimeout(resting);
      stopping.abort();
    };
  }, [question, rest]);
  return { answer: question === null ? null : (last?.answer ?? null), fresh: last?.question === question };
}
