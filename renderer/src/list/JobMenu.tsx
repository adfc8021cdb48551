import { ContextMenu } from '@base-ui/react/context-menu';
import {
  ArrowDown,
  ArrowUp,
  CircleX,
  Copy,
  ExternalLink,
  FileInput,
  FolderOpen,
  PanelRight,
  Pause,
  Play,
  RotateCw,
  Trash2,
  type LucideIcon,
} from 'lucide-react';
import { use } from 'react';
import { LayerContext } from '../ui/layer.ts';
import { useMirror, useServices, useView } from '../services.tsx';
import { shortcut } from '../ui/keys.ts';
import popup from '../ui/Popup.module.css';
import { choiceWords } from '../words.ts';
import { choicesOf, useDecide } from './RowActions.tsx';
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
  const can = (action: Parameters<typeof actions.allowing>[1]) => actions.allowing(ids, action).length > 0;
  return (
    <>
      {only && <ChoiceItems job={only} />}
      {only && canOpenFiles && can('open') && (
        <>
          <Item icon={FileInput} word="Open" onClick={() => actions.open(only.id)} />
          <Item icon={FolderOpen} word="Show in folder" onClick={() => actions.reveal(only.id)} />
        </>
      )}
      {can('pause') && <Item icon={Pause} word="Pause" keys="Space" onClick={() => actions.pause(ids)} />}
      {can('resume') && (
        <Item
          icon={Play}
          word={only?.state.kind === 'waiting' ? 'Try now' : 'Resume'}
          keys={can('pause') ? '' : 'Space'}
          onClick={() => actions.resume(ids)}
        />
      )}
      {can('retry') && !only && <Item icon={RotateCw} word="Retry" onClick={() => actions.retry(ids)} />}
      {only?.state.kind === 'cancelled' && (
        <Item icon={RotateCw} word="Start again" onClick={() => actions.retry(ids)} />
      )}
      {only && only.state.kind !== 'completed' && (
        <>
          <ContextMenu.Separator className={popup.separator} />
          <Item
            icon={ArrowUp}
            word="Move to the top"
            onClick={() => actions.reorder(ids, mirror.getState().order.find((id) => id !== only.id) ?? null)}
          />
          <Item icon={ArrowDown} word="Move to the end" onClick={() => actions.reorder(ids, null)} />
        </>
      )}
      <ContextMenu.Separator className={popup.separator} />
      <Item icon={PanelRight} word="Details" keys="Enter" onClick={() => view.setState({ details: true })} />
      <Item icon={Copy} word={ids.length > 1 ? 'Copy links' : 'Copy link'} onClick={() => actions.copyLinks(ids)} />
      {only && <Item icon={ExternalLink} word="Open link in browser" onClick={() => actions.openLink(only.id)} />}
      <ContextMenu.Separator className={popup.separator} />
      {can('cancel') && <Item icon={CircleX} word="Cancel" onClick={() => actions.cancel(ids)} />}
      <Item
        icon={Trash2}
        word="Remove…"
        keys={shortcut('').length > 2 ? 'Del' : '⌫'}
        onClick={() => actions.askRemove(ids)}
      />
    </>
  );
}

function ChoiceItems({ job }: { job: Job }) {
  const decide = useDecide(job);
  const choices = choicesOf(job).filter((choice) => choice !== 'open-link');
  return choices.map((choice) => (
    <Item key={choice} icon={RotateCw} word={choiceWords[choice]} onClick={() => decide(choice)} />
  ));
}

interface ItemProps {
  icon: LucideIcon;
  word: string;
  keys?: string;
  onClick: () => void;
}

function Item({ icon: Icon, word, keys, onClick }: ItemProps) {
  return (
    <ContextMenu.Item className={popup.item} onClick={onClick}>
      <span className={popup.icon}>
        <Icon size={14} />
      </span>
      {word}
      {keys && (
        <span className={popup.keys} aria-hidden="true">
          {keys}
        </span>
      )}
    </ContextMenu.Item>
  );
}
