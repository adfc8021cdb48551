import {
  Ban,
  CircleCheck,
  CircleDashed,
  CirclePause,
  CircleX,
  Clock3,
  ArrowDownToLine,
  ShieldCheck,
  TriangleAlert,
  Hourglass,
  type LucideIcon,
} from 'lucide-react';
import type { JobStateKind } from '../../../shared/job.ts';

const icons: Readonly<Record<JobStateKind, LucideIcon>> = {
  queued: Clock3,
  starting: CircleDashed,
  running: ArrowDownToLine,
  pausing: CirclePause,
  paused: CirclePause,
  waiting: Hourglass,
  verifying: ShieldCheck,
  completed: CircleCheck,
  attention: TriangleAlert,
  failed: CircleX,
  cancelled: Ban,
};

export function StateIcon({ kind, size = 13 }: { kind: JobStateKind; size?: number }) {
  const Icon = icons[kind];
  return <Icon size={size} aria-hidden="true" />;
}
