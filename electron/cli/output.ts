/** Where the command line writes: results to stdout, everything else to stderr, or JSON lines to stdout. */
import type { Failure } from '../../shared/failure.ts';

/** The part of a process's stream that is used. */
export interface Stream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  on?(event: 'error', listener: (error: Error) => void): unknown;
}

export interface Output {
  readonly json: boolean;
  /** A result: one line on stdout. Silent with --json. */
  result(text: string): void;
  /** A remark for the person: one line on stderr. Silent with --json. */
  note(text: string): void;
  /** One JSON object on a line of stdout. Silent without --json. */
  event(event: Readonly<Record<string, unknown>>): void;
  /** A failure: its sentence on stderr; with --json, an object on stdout. */
  fail(failure: Omit<Failure, 'retryable'>, details?: Readonly<Record<string, unknown>>): void;
}

export function createOutput(stdout: Stream, stderr: Stream, json: boolean): Output {
  const event = (object: Readonly<Record<string, unknown>>) => {
    if (json) stdout.write(`${JSON.stringify(object)}\n`);
  };
  return {
    json,
    event,
    result: (text) => {
      if (!json) stdout.write(`${printable(text)}\n`);
    },
    note: (text) => {
      if (!json) stderr.write(`${printable(text)}\n`);
    },
    fail: ({ code, message, params }, details = {}) => {
      event({ event: 'error', ...details, code, message, params });
      if (!json) stderr.write(`sluice: ${printable(message)}\n`);
    },
  };
}

/** Names and texts come from servers: control characters could rewrite what the terminal shows. */
export function printable(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are the subject
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, '\u{fffd}');
}
