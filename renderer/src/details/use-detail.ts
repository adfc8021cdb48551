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
    return followDetail(client, id, setDetail);
  }, [client, id, live]);
  return detail?.id === id ? detail : null;
}

/**
 * Returns what ends it. It ends the stream itself, not by a signal: oRPC answers a signal on a line that has broken with
 * an error that nobody can catch.
 */
function followDetail(client: Client, id: string, onDetail: (detail: JobDetail) => void): () => void {
  let details: AsyncIterator<JobDetail> | null = null;
  let isOver = false;
  const end = () => {
    isOver = true;
    void details?.return?.().catch(() => undefined);
  };
  const follow = async () => {
    details = await client.jobs.detail({ id });
    if (isOver) return end();
    for (let next = await details.next(); !next.done && !isOver; next = await details.next()) onDetail(next.value);
  };
  // The line was lost, or the job is gone: the mirror notices both, and says so.
  follow().catch(() => undefined);
  return end;
}
