import { useState } from 'react';
import type { Failure } from '../../../shared/failure.ts';
import { useClient, useServices } from '../services.tsx';
import { failureOf } from '../transport/index.ts';

/** Starts the sample database and opens it. */
export function useSampleDatabase() {
  const client = useClient();
  const { view } = useServices();
  const [starting, setStarting] = useState(false);
  const [problem, setProblem] = useState<Failure | null>(null);
  const start = async () => {
    setStarting(true);
    setProblem(null);
    try {
      const { id } = await client.connections.sample();
      view.setState({ place: { kind: 'export', connection: id } });
    } catch (error) {
      setProblem(failureOf(error));
    }
    setStarting(false);
  };
  return { start: () => void start(), starting, problem };
}
