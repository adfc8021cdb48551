/**
 * The floor under the product's figures: one http connection, the body read into reused buffers as large as the product's
 * and written at its position the way the product goes (reserved, around the page cache where that is possible, on the disk
 * at the end), nothing else. No queue, no journal, no meter, no check but the length. Prints seconds.
 *
 * `node test/bench/bare-loop.ts URL FILE`
 */
import { write } from 'node:fs';
import { open } from 'node:fs/promises';
import { connect } from 'node:net';
import { openDirect, reserveSpace } from '../../electron/engine/files/index.ts';
import { BufferPool, PAGE, pages } from '../../electron/engine/flow/index.ts';

const BUFFER = new BufferPool().size;

const [url = '', file = ''] = process.argv.slice(2);
const { hostname, port, host, pathname } = new URL(url);
const began = performance.now();
const handle = await open(file, 'w');
const direct = await openDirect(handle);
const free = Array.from({ length: 6 }, () => pages(BUFFER));
let isStopped = false;
let current = takeBuffer();
let filled = 0;
let head: string | null = '';
let length = 0;
let received = 0;
let written = 0;

function takeBuffer(): Buffer {
  const buffer = free.pop();
  if (!buffer) throw new Error('reading went on without a free buffer');
  return buffer;
}

const socket = connect({
  host: hostname,
  port: Number(port),
  onread: {
    buffer: () => current.subarray(filled),
    callback(count) {
      const from = filled;
      filled += count;
      if (head !== null) takeHead(from);
      if (head !== null) return true;
      const isLast = received + filled >= length;
      return filled === BUFFER || isLast ? flush() : true;
    },
  },
});
socket.write(`GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);

/** Takes the response's head off the front of the buffer; what follows it stays. */
function takeHead(from: number): void {
  head += current.toString('latin1', from, filled);
  const end = head?.indexOf('\r\n\r\n') ?? -1;
  if (head === null || end < 0) return;
  length = Number(/content-length: (\d+)/i.exec(head)?.[1]);
  if (!head.startsWith('HTTP/1.1 200 ') || !(length > 0)) throw new Error(head.slice(0, end));
  current.copyWithin(0, end + 4, filled);
  filled -= end + 4;
  head = null;
  void reserveSpace(handle, length);
}

/**
 * Writes the current buffer and takes another. False, so that reading stops, where that was the last free one: Node asks
 * for the next read's buffer at once, so there always has to be one in hand.
 */
function flush(): boolean {
  const buffer = current;
  const count = filled;
  const position = received;
  received += count;
  filled = 0;
  const { fd } = count % PAGE === 0 && direct ? direct : handle;
  write(fd, buffer, 0, count, position, (error) => {
    if (error) throw error;
    written += count;
    free.push(buffer);
    if (written === length) void finish();
    else if (isStopped) resume();
  });
  if (received === length) return false;
  current = takeBuffer();
  isStopped = free.length === 0;
  return !isStopped;
}

function resume(): void {
  isStopped = false;
  socket.resume();
}

async function finish(): Promise<void> {
  socket.destroy();
  await handle.datasync();
  console.log((performance.now() - began) / 1000);
  await Promise.all([direct?.close(), handle.close()]);
}
