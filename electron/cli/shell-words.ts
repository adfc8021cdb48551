/** Words for the commands that are printed, to be copied into a shell. */
import type { Context } from './context.ts';

/** A word as a POSIX shell takes it. */
export function quoted(word: string): string {
  return /^[\w./:@%+=-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** The words after the command's name: the home where the person named one, then the others. */
export function commandWords({ homeFlag }: Pick<Context, 'homeFlag'>, ...words: readonly string[]): string {
  return [...(homeFlag === null ? [] : ['--home', quoted(homeFlag)]), ...words].join(' ');
}
