/**
 * Follows an event stream of the engine; returns what ends it. It ends the stream itself, not by a signal: oRPC answers
 * a signal on a line that has broken with an error that nobody can catch.
 */
export function followStream<T>(open: () => Promise<AsyncIterator<T>>, onValue: (value: T) => void): () => void {
  let events: AsyncIterator<T> | null = null;
  let isOver = false;
  const end = () => {
    isOver = true;
    void events?.return?.().catch(() => undefined);
  };
  const follow = async () => {
    events = await open();
    if (isOver) return end();
    for (let next = await events.next(); !next.done && !isOver; next = await events.next()) onValue(next.value);
  };
  // The line was lost, or what it was about is gone: the mirror notices both, and says so.
  follow().catch(() => undefined);
  return end;
}
