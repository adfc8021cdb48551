import { ContextMenu } from '@base-ui/react/context-menu';
import {
  ArrowDown,
  CalendarClock,
  ChevronRight,
  ChevronsUp,
  ArrowUp,
  CircleStop,
  CircleX,
  Share2,
  Copy,
  ExternalLink,
  FileInput,
  FolderOpen,
  PanelRight,
  Pause,
  Play,
  RotateCw,
  Trash2,
} from 'lucide-react';
import { use } from 'react';
import { linkOf } from '../link-of.ts';
import { LayerContext } from '../ui/layer.ts';
import { useActions, useMirror, useServices, useView } from '../services.tsx';
import { shortcut } from '../ui/keys.ts';
import { MenuChoices, MenuItem } from '../ui/MenuItems.tsx';
import popup from '../ui/Popup.module.css';
import { choiceWords, priorityWords } from '../words.ts';
import { isMovable } from './reorder-plan.ts';
import { choicesOf, isForATime, useDecide } from './RowActions.tsx';
import type { Job } from '../../../shared/job.ts';

/** The menu of the selected rows. */
export function JobMenu() {
  return (
    <ContextMenu.Portal container={use(LayerContext)}>
      <ContextMenu.Positioner className={popup.positioner}>
        <ContextMenu.Popup className={popup.popup} aria-label="Actions">
          <Items />
        </ContextMenu.Popup>
      </ContextMenu.Positioner>
    </ContextMenu.Portal>
  );
}

function Items() {
  const { view, mirror, actions } = useServices();
  const selected = useView((view) => view.selected);
  const jobs = useMirror((mirror) => mirror.jobs);
  const canOpenFiles = useMirror((mirror) => mirror.info?.can.openFiles ?? false);
  const ids = mirror.getState().order.filter((id) => selected.has(id));
  const only = ids.length === 1 && ids[0] !== undefined ? jobs.get(ids[0]) : undefined;
  const links = ids.filter((id) => linkIn(jobs.get(id))).length;
  const unfinished = ids.filter((id) => isMovable(jobs.get(id)));
  const firstOther = (ids: readonly string[]) => mirror.getState().order.find((id) => !ids.includes(id)) ?? null;
  const can = (action: Parameters<typeof actions.allowing>[1]) => actions.allowing(ids, action).length > 0;
  return (
    <>
      {only && <ChoiceItems job={only} />}
      {only && canOpenFiles && can('open') && (
        <>
          <MenuItem icon={FileInput} word="Open" onClick={() => actions.open(only.id)} />
          <MenuItem icon={FolderOpen} word="Show in folder" onClick={() => actions.reveal(only.id)} />
        </>
      )}
      {can('pause') && <MenuItem icon={Pause} word="Pause" keys="Space" onClick={() => actions.pause(ids)} />}
      {can('resume') && (
        <MenuItem
          icon={Play}
          word={only?.state.kind === 'waiting' ? (isForATime(only) ? 'Start now' : 'Try now') : 'Resume'}
          keys={can('pause') ? '' : 'Space'}
          onClick={() => actions.resume(ids)}
        />
      )}
      {can('finish') && <MenuItem icon={CircleStop} word="Finish" onClick={() => actions.finish(ids)} />}
      {only && <ShareItem job={only} />}
      {can('retry') && !only && <MenuItem icon={RotateCw} word="Retry" onClick={() => actions.retry(ids)} />}
      {only?.state.kind === 'cancelled' && (
        <MenuItem icon={RotateCw} word="Start again" onClick={() => actions.retry(ids)} />
      )}
      {unfinished.length > 0 && (
        <>
          <ContextMenu.Separator className={popup.separator} />
          <PriorityMenu ids={unfinished} />
          <MenuItem
            icon={CalendarClock}
            word="Start later…"
            onClick={() => view.setState({ dialog: { kind: 'start-later', ids: unfinished } })}
          />
          <MenuItem
            icon={ArrowUp}
            word="Move to the top"
            onClick={() => actions.reorder(unfinished, firstOther(ids))}
          />
          <MenuItem icon={ArrowDown} word="Move to the end" onClick={() => actions.reorder(unfinished, null)} />
        </>
      )}
      <ContextMenu.Separator className={popup.separator} />
      <MenuItem icon={PanelRight} word="Details" keys="Enter" onClick={() => view.setState({ details: true })} />
      {links > 0 && (
        <MenuItem icon={Copy} word={links > 1 ? 'Copy links' : 'Copy link'} onClick={() => actions.copyLinks(ids)} />
      )}
      {only && linkOf(only)?.startsWith('http') && (
        <MenuItem icon={ExternalLink} word="Open link in browser" onClick={() => actions.openLink(only.id)} />
      )}
      <ContextMenu.Separator className={popup.separator} />
      {can('cancel') && <MenuItem icon={CircleX} word="Cancel" onClick={() => actions.cancel(ids)} />}
      <MenuItem
        icon={Trash2}
        word="Remove…"
        keys={shortcut('').length > 2 ? 'Del' : '⌫'}
        onClick={() => actions.askRemove(ids)}
      />
    </>
  );
}

const linkIn = (job: Job | undefined) => job !== undefined && linkOf(job) !== null;

/** A download is shared while it runs, a capture live, and a finished file as it is. */
function ShareItem({ job }: { job: Job }) {
  const { view } = useServices();
  if (job.kind === 'export' || job.state.kind === 'cancelled' || job.state.kind === 'failed') return null;
  if (job.kind === 'capture' && job.state.kind === 'completed') return null;
  const kind = job.kind === 'download' ? 'job' : 'feed';
  const word = job.state.kind === 'completed' ? 'Share…' : kind === 'job' ? 'Share while it downloads…' : 'Share live…';
  return (
    <MenuItem
      icon={Share2}
      word={word}
      onClick={() => view.setState({ dialog: { kind: 'share', draft: { kind, of: job.id, name: job.name } } })}
    />
  );
}

const priorities = ['high', 'normal', 'low'] as const;

/** High goes before normal, normal before low, whatever the order of the queue. */
function PriorityMenu({ ids }: { ids: readonly string[] }) {
  const actions = useActions();
  const jobs = useMirror((mirror) => mirror.jobs);
  const given = new Set(ids.map((id) => jobs.get(id)?.priority));
  const [one] = given;
  return (
    <ContextMenu.SubmenuRoot>
      <ContextMenu.SubmenuTrigger className={popup.item}>
        <span className={popup.icon}>
          <ChevronsUp size={14} />
        </span>
        Priority
        <ChevronRight size={13} className={popup.more} />
      </ContextMenu.SubmenuTrigger>
      <ContextMenu.Portal container={use(LayerContext)}>
        <ContextMenu.Positioner className={popup.positioner} sideOffset={-2} alignOffset={-5}>
          <ContextMenu.Popup className={popup.popup}>
            <MenuChoices
              value={given.size === 1 ? one : null}
              choices={priorities.map((priority) => [priority, priorityWords[priority]])}
              onChange={(priority) => actions.setPriority(ids, priority)}
            />
          </ContextMenu.Popup>
        </ContextMenu.Positioner>
      </ContextMenu.Portal>
    </ContextMenu.SubmenuRoot>
  );
}

function ChoiceItems({ job }: { job: Job }) {
  const decide = useDecide(job);
  const choices = choicesOf(job).filter((choice) => choice !== 'open-link');
  return choices.map((choice) => (
    <MenuItem key={choice} icon={RotateCw} word={choiceWords[choice]} onClick={() => decide(choice)} />
  ));
}
