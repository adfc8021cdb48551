import { useEffect, useEffectEvent, useState } from 'react';
import { useLive } from '../services.tsx';
import { followStream } from '../transport/index.ts';

/** The last value of the stream about `id`, while it is looked at; null until there is one. */
export function useStream<T extends { readonly id: string }>(
  id: string,
  open: (id: string) => Promise<AsyncIterator<T>>,
): T | null {
  const live = useLive();
  const [value, setValue] = useState<T | null>(null);
  const begin = useEffectEvent(open);
  useEffect(() => {
    if (!live) return undefined;
    return followStream(() => begin(id), setValue);
  }, [id, live]);
  return value?.id === id ? value : null;
}
