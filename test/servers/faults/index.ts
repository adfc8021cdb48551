/** All rows of the table of faults, by section. */
import { bodyFaults } from './body.ts';
import type { Fault } from './exchange.ts';
import { identityFaults } from './identity.ts';
import { localFaults } from './local.ts';
import { rangeFaults } from './range.ts';
import { redirectFaults } from './redirects.ts';
import { throttlingFaults } from './throttling.ts';

export { USUAL_SIZE } from './exchange.ts';
export { hostileNames } from './local.ts';
export type { Fault, FaultRequest, LoggedExchange, Run } from './exchange.ts';

/** In the order of their numbers, 1 to 72. */
export const faults: readonly Fault[] = [
  ...rangeFaults,
  ...identityFaults,
  ...bodyFaults,
  ...redirectFaults,
  ...throttlingFaults,
  ...localFaults,
];
