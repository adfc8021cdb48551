/** What listeners are told, as a stream that keeps what its reader has not taken yet. */
export async function* queued<T>(
  listeners: Set<(value: T) => void>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T> {
  const waiting: T[] = [];
  let wake: () => void = () => {};
  const listener = (value: T) => {
    waiting.push(value);
    wake();
  };
  signal?.addEventListener('abort', () => wake(), { once: true });
  listeners.add(listener);
  try {
    while (!signal?.aborted) {
      if (waiting.length > 0) yield waiting.shift() as T;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    listeners.delete(listener);
  }
}
