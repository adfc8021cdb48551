import { Dialog } from '@base-ui/react/dialog';
import { X } from 'lucide-react';
import type { ReactNode, RefObject } from 'react';
import { IconButton } from './Button.tsx';
import styles from './DialogFrame.module.css';

interface DialogFrameProps {
  title: string;
  width: number;
  onClose: () => void;
  /** What takes the focus first; left out: the first thing that can. */
  initialFocus?: RefObject<HTMLElement | null>;
  children: ReactNode;
  /** Buttons at the foot, the main one last. */
  footer: ReactNode;
}

/** A modal dialog with its title, a body that scrolls, and its buttons. Mounted means open. */
export function DialogFrame({ title, width, onClose, initialFocus, children, footer }: DialogFrameProps) {
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className={styles.backdrop} />
        <Dialog.Popup className={styles.popup} style={{ width }} {...(initialFocus && { initialFocus })}>
          <header className={styles.header}>
            <Dialog.Title className={styles.title}>{title}</Dialog.Title>
            <IconButton label="Close" keys="Esc" onClick={onClose}>
              <X size={16} />
            </IconButton>
          </header>
          <div className={styles.body}>{children}</div>
          <footer className={styles.footer}>{footer}</footer>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
