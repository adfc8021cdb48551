/**
 * The floor under the product's figures: one http connection, the body read into reused 1 MiB buffers and written at
 * its position, nothing else. No queue, no journal, no meter, no check but the length. Prints seconds.
 *
 * `node test/bench/bare-loop.ts URL FILE`
 */
import { closeSync, openSync, write } from 'node:fs';
import { connect } from 'node:net';

const BUFFER = 1 << 20;
/** Flushed while so much is free: an empty view would end the socket with ENOBUFS. */
const LEAST = 64 * 1024;

const [url = '', file = ''] = process.argv.slice(2);
const { hostname, port, host, pathname } = new URL(url);
const began = performance.now();
const fd = openSync(file, 'w');
const free = Array.from({ length: 4 }, () => Buffer.allocUnsafeSlow(BUFFER));
let isStopped = false;
let current = takeBuffer();
let filled = 0;
let head: string | null = '';
let length = 0;
let received = 0;
let written = 0;

function takeBuffer(): Buffer<ArrayBuffer> {
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
      return BUFFER - filled < LEAST || isLast ? flush() : true;
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
  write(fd, buffer, 0, count, position, (error) => {
    if (error) throw error;
    written += count;
    free.push(buffer);
    if (written === length) finish();
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

function finish(): void {
  socket.destroy();
  closeSync(fd);
  console.log((performance.now() - began) / 1000);
}
