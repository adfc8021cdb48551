import type { Description } from '../../../shared/database.ts';
import type { Failure } from '../../../shared/failure.ts';
import { useClient } from '../services.tsx';
import { useAnswer } from '../transport/index.ts';

/** How long typing rests before the server is asked what a query would give, in ms. */
const rest = 500;

interface Described {
  /** Of the last query that was right. */
  readonly description: Description | null;
  /** What is wrong with the query that stands now. */
  readonly problem: Failure | null;
  /** False while the query that stands now is not answered yet. */
  readonly fresh: boolean;
}

/** What the server says of a query without running it. */
export function useDescription(connection: string | null, sql: string): Described {
  const client = useClient();
  const { answer, fresh } = useAnswer(
    connection !== null && sql.trim() ? `${connection}\n${sql}` : null,
    (signal) => client.connections.describe({ connection: connection ?? '', sql }, { signal }),
    rest,
  );
  return {
    description: answer?.ok ? answer.value : null,
    problem: fresh && answer && !answer.ok ? answer.failure : null,
    fresh,
  };
}
