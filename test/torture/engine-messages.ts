/** What crosses between the torturer and an engine's process. */
import type { Engine } from '../../electron/engine/index.ts';

export type Method =
  | 'addCapture'
  | 'addExport'
  | 'fileOf'
  | 'finish'
  | 'get'
  | 'add'
  | 'decide'
  | 'list'
  | 'pause'
  | 'remove'
  | 'resume'
  | 'retry'
  | 'setLimit'
  | 'setConnections'
  | 'setSettings';

export interface Call {
  readonly id: number;
  readonly method: Method | 'close' | 'jumpClock' | 'saveConnection';
  readonly args: readonly unknown[];
}

export type Reply =
  /** The engine is open; codes of its notices. */
  | { readonly opened: readonly string[] }
  | { readonly refused: string }
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: string };

/** What a closed engine still holds, by kind. Empty: nothing. */
export type Leaks = Readonly<Record<string, number>>;

export type Result<M extends Method> = Awaited<ReturnType<Engine[M]>>;
