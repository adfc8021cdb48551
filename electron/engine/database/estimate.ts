/** How much there is: what the planner expects, or an exact count. */
import type { Estimate } from '../../../shared/database.ts';
import { SluiceError } from '../../../shared/failure.ts';
import type { Session } from './connect.ts';
import { type Statement, wrapped } from './source-sql.ts';
import { sqlFailure } from './sql-failure.ts';

/** A node of EXPLAIN (FORMAT JSON). */
interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Plan Rows': number;
  readonly 'Plan Width': number;
  readonly Plans?: readonly PlanNode[];
}

/**
 * The planner's estimate; nothing is run.
 * @throws sql-error, also where a statement has no plan
 */
export async function estimate(session: Session, statement: Statement): Promise<Estimate> {
  const json = await explain(session, statement, 'JSON');
  const [{ Plan: plan }] = JSON.parse(json.join('\n')) as [{ Plan: PlanNode }];
  return {
    rows: plan['Plan Rows'],
    width: plan['Plan Width'],
    parallel: isParallel(plan),
    plan: (await explain(session, statement, 'TEXT')).join('\n'),
  };
}

async function explain(session: Session, statement: Statement, format: 'JSON' | 'TEXT'): Promise<string[]> {
  const head = `EXPLAIN (FORMAT ${format}) `;
  const rows = await ask(session, {
    ...statement,
    text: head + statement.text,
    before: statement.before + head.length,
  });
  return rows.map(([line]) => line ?? '');
}

function isParallel(node: PlanNode): boolean {
  return node['Node Type'].startsWith('Gather') || (node.Plans ?? []).some(isParallel);
}

/**
 * How many rows there are exactly. It takes as long as reading them takes the server.
 * @throws sql-error
 */
export async function count(session: Session, statement: Statement): Promise<number> {
  const counting = wrapped(statement, 'SELECT count(*) FROM', 'AS counted');
  if (counting === null) throw new SluiceError('sql-error', { detail: 'this statement cannot be counted', hint: '' });
  const [row] = await ask(session, counting);
  return Number(row?.[0] ?? 0);
}

async function ask(session: Session, { text, parameters, typed, before }: Statement): Promise<(string | null)[][]> {
  try {
    // Always the extended protocol, also without parameters: it takes a single statement.
    const query = { text, values: [...parameters], rowMode: 'array' as const, queryMode: 'extended' };
    return (await session.client.query<(string | null)[]>(query)).rows;
  } catch (error) {
    throw sqlFailure(error, typed, before);
  }
}
