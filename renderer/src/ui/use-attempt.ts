import { useState } from 'react';
import type { Failure } from '../../../shared/failure.ts';
import { failureOf } from '../transport/index.ts';

/** Calls the engine, and keeps why the last call did not succeed. */
export function useAttempt() {
  const [problem, setProblem] = useState<Failure | null>(null);
  const attempt = async (call: () => Promise<unknown>) => {
    try {
      await call();
      setProblem(null);
    } catch (error) {
      setProblem(failureOf(error));
    }
  };
  return { problem, attempt };
}
