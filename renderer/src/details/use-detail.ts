import { useEffect, useState } from 'react';
import type { JobDetail } from '../../../shared/job.ts';
import { useClient, useLive } from '../services.tsx';
import type { Client } from '../transport/index.ts';

/** Follows one job in detail while it is looked at; null until the first answer. */
export function useDetail(id: string): JobDetail | null {
  const client = useClient();
  const live = useLive();
  const [detail, setDetail] = useState<JobDetail | null>(null);
  useEffect(() => {
    if (!live) return undefined;
    const stopping = new AbortController();
    void followDetail(client, id, stopping.signal, setDetail);
    return () => stopping.abort();
  }, [client, id, live]);
  return detail?.id === id ? detail : null;
}

async function followDetail(
  client: Client,
  id: string,
  signal: AbortSignal,
  onDetail: (detail: JobDetail) => void,
): Promise<void> {
  try {
    for await (const detail of await client.jobs.detail({ id }, { signal })) {
      if (signal.aborted) return;
      onDetail(detail);
    }
  } catch {
    // The line was lost, or the job is gone: the mirror notices both, and says so.
  }
}
