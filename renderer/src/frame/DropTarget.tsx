import { Download } from 'lucide-react';
import { useEffect, useState } from 'react';
import { rowsType } from '../list/use-reorder.ts';
import { isTyping } from '../ui/keys.ts';
import { useServices } from '../services.tsx';
import styles from './DropTarget.module.css';

/** The links or the text of a drop. `text/uri-list` has comment lines that begin with # (RFC 2483 §5). */
function textOf(data: DataTransfer): string {
  const links = data
    .getData('text/uri-list')
    .split(/\r?\n/)
    .filter((line) => line && !line.startsWith('#'));
  return (links.length > 0 ? links.join('\n') : data.getData('text/plain')).trim();
}

function isOurs(data: DataTransfer | null): data is DataTransfer {
  if (!data || data.types.includes(rowsType)) return false;
  return data.types.includes('text/uri-list') || data.types.includes('text/plain');
}

/** The whole window takes links and text; a drop opens the add dialog with them. */
export function DropTarget() {
  const { view } = useServices();
  const [over, setOver] = useState(false);
  useEffect(() => {
    const onOver = (event: DragEvent) => {
      // Nothing that is dropped may navigate the window away, so what we do not take is refused.
      if (event.dataTransfer?.types.includes(rowsType) || isTyping(event)) return;
      event.preventDefault();
      const ours = isOurs(event.dataTransfer);
      if (event.dataTransfer) event.dataTransfer.dropEffect = ours ? 'copy' : 'none';
      setOver(ours);
    };
    const onDrop = (event: DragEvent) => {
      setOver(false);
      if (event.dataTransfer?.types.includes(rowsType) || isTyping(event)) return;
      event.preventDefault();
      if (!isOurs(event.dataTransfer)) return;
      const text = textOf(event.dataTransfer);
      if (text) view.setState({ dialog: { kind: 'add', text } });
    };
    const onLeave = (event: DragEvent) => event.relatedTarget === null && setOver(false);
    window.addEventListener('dragover', onOver);
    window.addEventListener('drop', onDrop);
    window.addEventListener('dragleave', onLeave);
    return () => {
      window.removeEventListener('dragover', onOver);
      window.removeEventListener('drop', onDrop);
      window.removeEventListener('dragleave', onLeave);
    };
  }, [view]);
  if (!over) return null;
  return (
    <div className={styles.over}>
      <p className={styles.sentence}>
        <Download size={20} />
        Drop to add
      </p>
    </div>
  );
}
