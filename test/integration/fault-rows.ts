/** The rows of the founders' table of what remotes do wrong, as the fault server plays them. */
import type { Row } from './fault-row.ts';
import { bodyRows } from './fault-rows-body.ts';
import { identityRows } from './fault-rows-identity.ts';
import { rangeRows } from './fault-rows-ranges.ts';
import { wayRows } from './fault-rows-way.ts';

export const rows: readonly Row[] = [...rangeRows, ...identityRows, ...bodyRows, ...wayRows];
