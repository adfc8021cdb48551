import { useEffect, useState } from 'react';
import type { JobDetail } from '../../../shared/job.ts';
import { useClient, useLive } from '../services.tsx';
import { followStream } from '../transport/index.ts';

/** Follows one job in detail while it is looked at; null until the first answer. */
export function useDetail(id: string): JobDetail | null {
  const client = useClient();
  const live = useLive();
  const [detail, setDetail] = useState<JobDetail | null>(null);
  useEffect(() => {
    if (!live) return undefined;
    return followStream(() => client.jobs.detail({ id }), setDetail);
  }, [client, id, live]);
  return detail?.id === id ? detail : null;
}
