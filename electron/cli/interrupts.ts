/** Ctrl-C: the first asks politely, the second ends the process at once. */
import process from 'node:process';
import { exitCodes } from './exit-codes.ts';

export interface Interrupts {
  /** Aborted by the first Ctrl-C, or by a `quit` from elsewhere. */
  readonly signal: AbortSignal;
  /** Does what the first Ctrl-C does. */
  trigger(): void;
  dispose(): void;
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** npm hands on the SIGINT that the terminal has already sent to us: both are one Ctrl-C. */
const sameMs = 300;

export function listenForInterrupts(): Interrupts {
  const controller = new AbortController();
  let first = 0;
  const onSignal = () => {
    if (!controller.signal.aborted) {
      first = Date.now();
      controller.abort();
    } else if (Date.now() - first > sameMs) {
      process.exit(exitCodes.interrupted);
    }
  };
  for (const name of signals) process.on(name, onSignal);
  return {
    signal: controller.signal,
    trigger: () => controller.abort(),
    dispose: () => {
      for (const name of signals) process.off(name, onSignal);
    },
  };
}
