/** What every command works with. */
import type { Writable } from 'node:stream';
import type { Serve } from '../app/index.ts';
import type { Interrupts } from './interrupts.ts';
import type { Input } from './password.ts';
import type { Output, Stream } from './output.ts';

export interface Context {
  /** Absolute. */
  readonly home: string;
  /** The home as the person typed it, for the commands that are printed; null where it is the usual one. */
  readonly homeFlag: string | null;
  readonly cwd: string;
  readonly serve: Serve;
  readonly output: Output;
  /** Stdout for data: bytes, with backpressure. */
  readonly bytes: Writable;
  readonly stderr: Stream;
  readonly stdin: Input;
  readonly interrupts: Interrupts;
}
