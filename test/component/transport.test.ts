/** The way to the engine: whose port is taken, what happens to the token, and what a lost call is told as. */
import { ORPCError } from '@orpc/client';
import { afterEach, expect, test, vi } from 'vitest';
import { failure } from '../../shared/failure.ts';
import { dialPort } from '../../renderer/src/transport/dial-port.ts';
import { dialWebSocket } from '../../renderer/src/transport/dial-web-socket.ts';
import { failureOf, Refused } from '../../renderer/src/transport/index.ts';
import { takeToken } from '../../renderer/src/transport/token.ts';

afterEach(() => {
  sessionStorage.clear();
  vi.unstubAllGlobals();
});

const signal = () => new AbortController().signal;

test('the token leaves the address bar at once and stays in this tab', () => {
  const before = location.href;
  history.replaceState(null, '', '#token=s3cret-Token_1');
  expect(takeToken()).toBe('s3cret-Token_1');
  expect(location.href).not.toContain('s3cret');
  expect(takeToken()).toBe('s3cret-Token_1');
  history.replaceState(null, '', before);
});

test('without a token nothing is dialled', async () => {
  const socket = vi.fn<() => void>();
  vi.stubGlobal('WebSocket', socket);
  await expect(dialWebSocket(null)(signal())).rejects.toEqual(new Refused('missing'));
  expect(socket).not.toHaveBeenCalled();
});

/** A socket whose handshake fails, as a browser shows it: closed, and no word why. */
class DeadSocket extends EventTarget {
  readonly protocols: readonly string[];
  static last: DeadSocket | null = null;

  constructor(_url: string | URL, protocols: readonly string[]) {
    super();
    this.protocols = protocols;
    DeadSocket.last = this;
    queueMicrotask(() => this.dispatchEvent(new CloseEvent('close', { code: 1006 })));
  }

  close(): void {}
}

test.for([
  [401, 'is refused for good', Refused],
  [503, 'may be tried again', Error],
] as const)('a handshake that fails, where the host answers %d, %s', async ([status, , kind]) => {
  vi.stubGlobal('WebSocket', DeadSocket);
  const fetching = vi.fn<typeof fetch>(async () => new Response(null, { status }));
  vi.stubGlobal('fetch', fetching);
  const dialling = dialWebSocket('abc')(signal());
  await expect(dialling).rejects.toBeInstanceOf(kind);
  await expect(dialling.catch((error: unknown) => error instanceof Refused)).resolves.toBe(status === 401);
  expect(DeadSocket.last?.protocols).toEqual(['sluice', 'sluice.token.abc']);
  expect(fetching).toHaveBeenCalledWith('/api/system', { headers: { authorization: 'Bearer abc' } });
});

test('a host that is gone may be tried again', async () => {
  vi.stubGlobal('WebSocket', DeadSocket);
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')));
  await expect(dialWebSocket('abc')(signal())).rejects.not.toBeInstanceOf(Refused);
});

/** A socket that opens. */
class ClosingSocket extends EventTarget {
  static last: ClosingSocket | null = null;
  readyState: number = WebSocket.OPEN;
  readonly sent: unknown[] = [];

  constructor() {
    super();
    ClosingSocket.last = this;
    queueMicrotask(() => this.dispatchEvent(new Event('open')));
  }

  send(data: unknown): void {
    this.sent.push(data);
  }

  close(): void {}
}

test('a call that is given up while the line closes ends like any other, and no error is left over', async () => {
  vi.stubGlobal('WebSocket', Object.assign(ClosingSocket, { OPEN: 1, CLOSING: 2, CLOSED: 3 }));
  const uncaught = vi.fn<(event: PromiseRejectionEvent) => void>((event) => event.preventDefault());
  window.addEventListener('unhandledrejection', uncaught);
  const line = await dialWebSocket('abc')(signal());
  const socket = ClosingSocket.last!;
  const giveUp = new AbortController();
  const call = line.link.call(['system'], undefined, { context: {}, signal: giveUp.signal });
  await vi.waitFor(() => expect(socket.sent).toHaveLength(1));
  socket.readyState = 2;
  giveUp.abort(new Error('given up'));
  await expect(call).rejects.toThrow('given up');
  expect(socket.sent, 'browsers complain of what is sent on a line that closes').toHaveLength(1);
  socket.dispatchEvent(new CloseEvent('close'));
  await expect(line.link.call(['system'], undefined, { context: {} })).rejects.toThrow('not open');
  window.removeEventListener('unhandledrejection', uncaught);
  expect(uncaught).not.toHaveBeenCalled();
});

test('only a port that this very window was handed by its preload script is taken', async () => {
  const asked = vi.fn<() => void>();
  let taken = false;
  const dialling = dialPort({ requestPort: asked })(signal()).then((line) => {
    taken = true;
    return line;
  });
  expect(asked).toHaveBeenCalledOnce();
  const hand = (init: MessageEventInit) => {
    const { port1 } = new MessageChannel();
    window.dispatchEvent(new MessageEvent('message', { ports: [port1], ...init }));
  };
  const right = { data: 'sluice-port', source: window, origin: location.origin };
  hand({ ...right, source: window.parent === window ? null : window.parent });
  hand({ ...right, source: null });
  hand({ ...right, origin: 'https://evil.example' });
  hand({ ...right, data: { type: 'sluice-port' } });
  hand({ ...right, ports: [] });
  await new Promise((resolve) => setTimeout(resolve));
  expect(taken).toBe(false);
  hand(right);
  await dialling;
  expect(taken).toBe(true);
});

test('a call that fails is told in words', () => {
  const wrong = failure('disk-full', { folder: '/x', free: '1 GB', needed: '2 GB' });
  expect(failureOf(new ORPCError('FAILURE', { status: 422, data: wrong }))).toEqual(wrong);
  expect(failureOf(new Error('WebSocket is not open')).code).toBe('unreachable');
  expect(failureOf(new ORPCError('BAD_REQUEST')).code).toBe('bad-input');
  expect(failureOf(new ORPCError('INTERNAL_SERVER_ERROR', { message: 'boom' })).message).toContain('boom');
});
