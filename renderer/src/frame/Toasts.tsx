import { Toast } from '@base-ui/react/toast';
import { CircleCheck, TriangleAlert, X } from 'lucide-react';
import { useEffect } from 'react';
import type { Job } from '../../../shared/job.ts';
import { showing } from '../view/selection.ts';
import { useServices } from '../services.tsx';
import { Button, IconButton } from '../ui/Button.tsx';
import { failureIn, jobsText, whatIsWrong } from '../words.ts';
import styles from './Toasts.module.css';

interface Ended {
  /** The one job that it is about; missing where there are several. */
  readonly id?: string;
  readonly good: boolean;
}

/** More than so many at once are told in one sentence. */
const most = 3;

/** Says what ended where the person could not see it: the row is out of sight. */
export function Toasts() {
  return (
    <Toast.Provider limit={3} timeout={6000}>
      <Watcher />
      <Toast.Portal>
        <Toast.Viewport className={styles.viewport}>
          <ToastList />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}

function hasEnded(job: Job): boolean {
  return job.state.kind === 'completed' || job.state.kind === 'attention' || job.state.kind === 'failed';
}

function isInSight(id: string): boolean {
  const row = document.querySelector(`[data-job="${CSS.escape(id)}"]`);
  if (!row || document.visibilityState === 'hidden') return false;
  const { top, bottom } = row.getBoundingClientRect();
  const list = row.closest('[role=rowgroup]')?.getBoundingClientRect();
  return list !== undefined && bottom > list.top && top < list.bottom;
}

function Watcher() {
  const { mirror } = useServices();
  const { add } = Toast.useToastManager<Ended>();
  useEffect(() => {
    const tell = (job: Job) => {
      const failure = failureIn(job.state);
      add({
        id: job.id,
        title: job.name,
        description: failure ? whatIsWrong(failure) : 'Done',
        data: { id: job.id, good: !failure },
      });
    };
    return mirror.subscribe((now, before) => {
      if (now.jobs === before.jobs || before.status !== 'live') return;
      const ended = [...now.jobs.values()].filter((job) => {
        const was = before.jobs.get(job.id);
        return was && was !== job && hasEnded(job) && !hasEnded(was) && !isInSight(job.id);
      });
      if (ended.length <= most) {
        for (const job of ended) tell(job);
        return;
      }
      const stopped = ended.filter((job) => failureIn(job.state)).length;
      add({
        title: `${jobsText(ended)} ended`,
        description: stopped > 0 ? `${ended.length - stopped} done, ${stopped} stopped` : 'All done',
        data: { good: stopped === 0 },
      });
    });
  }, [mirror, add]);
  return null;
}

function ToastList() {
  const { toasts, close } = Toast.useToastManager<Ended>();
  return toasts.map((toast) => (
    <Toast.Root key={toast.id} toast={toast} className={styles.toast} swipeDirection={['right', 'down']}>
      <Toast.Content className={styles.content} data-good={toast.data?.good || undefined}>
        {toast.data?.good ? <CircleCheck size={17} /> : <TriangleAlert size={17} />}
        <div className={styles.words}>
          <Toast.Title className={styles.title} />
          <Toast.Description className={styles.description} />
        </div>
        {toast.data?.id !== undefined && <ShowButton id={toast.data.id} onShown={() => close(toast.id)} />}
        <IconButton label="Dismiss" onClick={() => close(toast.id)}>
          <X size={14} />
        </IconButton>
      </Toast.Content>
    </Toast.Root>
  ));
}

function ShowButton({ id, onShown }: { id: string; onShown: () => void }) {
  const { view } = useServices();
  const show = () => {
    view.setState(showing(id));
    onShown();
  };
  return (
    <Button small onClick={show}>
      Show
    </Button>
  );
}
