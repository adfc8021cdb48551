/**
 * What the contract is implemented over: one engine and what the face around it can do. A face is a desktop app, a
 * headless host or a command line; where it cannot do something, the port is null and the contract says so.
 */
import type { SystemInfo } from '../../shared/system.ts';
import type { Engine } from '../engine/index.ts';
import type { Log } from './log.ts';

export type Face = SystemInfo['face'];

export interface Ports {
  /** Asks the person for a file or folder that is there, beginning at `from`; null where the dialog was dismissed. */
  readonly choosePath: ((what: 'file' | 'folder', from?: string) => Promise<string | null>) | null;
  /** Hands things to the programs of this computer. `path` is absolute; `link` is http or https. */
  readonly opener: {
    open(path: string): Promise<void>;
    reveal(path: string): Promise<void>;
    openLink(link: string): Promise<void>;
  } | null;
  /** Puts the computer to sleep or shuts it down, after the person had time to prevent it. */
  readonly power: ((what: 'sleep' | 'shut-down') => Promise<void>) | null;
  /** Ends the process safely. Called after the answer to the request was made. */
  quit(): void;
}

export interface App {
  readonly engine: Engine;
  readonly face: Face;
  readonly version: string;
  /** Folder of the store, the settings and the log. */
  readonly home: string;
  readonly ports: Ports;
  readonly log: Log;
}
