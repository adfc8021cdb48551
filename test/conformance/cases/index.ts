/** All cases. */
import type { Case } from '../case.ts';
import { conditionCases } from './conditions.ts';
import { messageCases } from './messages.ts';
import { rangeCases } from './ranges.ts';
import { targetCases } from './targets.ts';

export const cases: readonly Case[] = [...rangeCases, ...conditionCases, ...messageCases, ...targetCases];
