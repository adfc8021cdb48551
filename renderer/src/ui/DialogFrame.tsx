import { Dialog } from '@base-ui/react/dialog';
import { X } from 'lucide-react';
import { useRef, type ReactNode, type RefObject } from 'react';
import { IconButton } from './Button.tsx';
import styles from './DialogFrame.module.css';

interface DialogFrameProps {
  title: string;
  width: number;
  onClose: () => void;
  /** What takes the focus first; left out: the first field, where there is one. */
  initialFocus?: RefObject<HTMLElement | null>;
  children: ReactNode;
  /** Buttons at the foot, the main one last. */
  footer: ReactNode;
}

/** A modal dialog with its title, a body that scrolls, and its buttons. Mounted means open. */
export function DialogFrame({ title, width, onClose, initialFocus, children, footer }: DialogFrameProps) {
  const body = useRef<HTMLDivElement>(null);
  const firstField = () => body.current?.querySelector<HTMLElement>('[role=tab], input, textarea, select') ?? true;
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className={styles.backdrop} />
        <Dialog.Popup className={styles.popup} style={{ width }} initialFocus={initialFocus ?? firstField}>
          <header className={styles.header}>
            <Dialog.Title className={styles.title}>{title}</Dialog.Title>
            <IconButton label="Close" keys="Esc" onClick={onClose}>
              <X size={16} />
            </IconButton>
          </header>
          <div ref={body} className={styles.body}>
            {children}
          </div>
          <footer className={styles.footer}>{footer}</footer>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
