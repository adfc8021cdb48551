/** How commands are described, in whichever file that is. */
import type { Command } from 'commander';
import type { Context } from './context.ts';

export type Action = (context: Context) => Promise<number>;
/** Notes what was typed; it runs once all is parsed. */
export type Choose = (command: Command, action: Action) => void;
/** Makes a command with the options that all have. */
export type Add = (usage: string, description: string) => Command;

/** For options that may be given several times. */
export function collect(line: string, lines: readonly string[] = []): readonly string[] {
  return [...lines, line];
}
