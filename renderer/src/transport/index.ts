import { takeToken } from './token.ts';
import { dialPort } from './dial-port.ts';
import { dialWebSocket } from './dial-web-socket.ts';
import type { Dial } from './client.ts';

export { Refused, type Client, type Dial, type Line } from './client.ts';
export { followStream } from './follow-stream.ts';
export { useAnswer, type Answer } from './use-answer.ts';
export { failureOf } from './failure-of.ts';

/** Picks the way to the engine: the desktop window's port where there is one, else the host that served the page. */
export function chooseDial(): Dial {
  if (window.sluice) return dialPort(window.sluice);
  return dialWebSocket(takeToken());
}
