/** The messages that pg does not write itself (PostgreSQL manual, 55.7). */

/** Bind of the unnamed statement to the unnamed portal: parameters as text, each result column in its own format. */
export function bindMessage(parameters: readonly (string | null)[], formats: readonly (0 | 1)[]): Buffer {
  const values = parameters.map((value) => (value === null ? null : Buffer.from(value)));
  const size = values.reduce((sum, value) => sum + 4 + (value?.length ?? 0), 0);
  const length = 4 + 2 + 2 + 2 + size + 2 + 2 * formats.length;
  const message = Buffer.alloc(1 + length);
  message.write('B');
  message.writeInt32BE(length, 1);
  // Two empty names; no parameter format codes: all are text.
  let at = message.writeUInt16BE(values.length, 9);
  for (const value of values) {
    at = message.writeInt32BE(value === null ? -1 : value.length, at);
    if (value !== null) at += value.copy(message, at);
  }
  at = message.writeUInt16BE(formats.length, at);
  for (const format of formats) at = message.writeInt16BE(format, at);
  return message;
}

/** Executes the unnamed portal for so many rows (0: all) and has the server send what it has. */
export function executeMessage(rows: number): Buffer {
  const message = Buffer.alloc(15);
  message.write('E');
  message.writeInt32BE(9, 1);
  message.writeInt32BE(rows, 6);
  message.write('H', 10);
  message.writeInt32BE(4, 11);
  return message;
}

/** Closes the unnamed portal and ends the exchange: ReadyForQuery follows. */
export const closeMessage: Buffer = Buffer.from('C\0\0\0\x06P\0S\0\0\0\x04', 'latin1');
