/** Asks for a password: never an argument, which everyone who can list processes would see. */
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { SluiceError } from '../../shared/failure.ts';
import type { Stream } from './output.ts';

/** The part of `process.stdin` that is used. */
export type Input = NodeJS.ReadableStream & { readonly isTTY?: boolean };

/** The first line of what is piped in. */
export async function readPassword(input: Input): Promise<string> {
  const lines = createInterface({ input });
  try {
    for await (const line of lines) return line;
  } finally {
    lines.close();
  }
  throw new SluiceError('bad-input', { detail: 'There is no password on stdin.' });
}

/**
 * Asks on the terminal, where nothing that is typed shows. Null where the person stopped with Ctrl-C or Ctrl-D.
 * @throws bad-input where there is no terminal
 */
export async function askPassword(question: string, input: Input, output: Stream): Promise<string | null> {
  if (!input.isTTY) {
    throw new SluiceError('bad-input', {
      detail: 'There is no terminal to ask for the password: pipe it in, with --password-stdin.',
    });
  }
  output.write(question);
  // readline edits the line and echoes it: into nothing.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input, output: nowhere, terminal: true });
  try {
    return await new Promise((resolve) => {
      lines.once('line', resolve);
      lines.once('SIGINT', () => resolve(null));
      lines.once('close', () => resolve(null));
    });
  } finally {
    lines.close();
    output.write('\n');
  }
}

/** The password of a share, where flags want one. Undefined: none is wanted; null: the person stopped. */
export async function readersPassword(
  { password, passwordStdin }: { readonly password?: boolean; readonly passwordStdin?: boolean },
  { stdin, stderr }: { readonly stdin: Input; readonly stderr: Stream },
): Promise<string | undefined | null> {
  if (passwordStdin) return readPassword(stdin);
  return password ? askPassword('Password that readers have to give: ', stdin, stderr) : undefined;
}
