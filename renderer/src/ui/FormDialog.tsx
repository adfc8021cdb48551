import { useId, type ReactNode } from 'react';
import { Button } from './Button.tsx';
import { DialogFrame } from './DialogFrame.tsx';
import styles from './FormDialog.module.css';

interface FormDialogProps {
  title: string;
  width: number;
  onClose: () => void;
  /** The word on the button that submits. */
  submit: string;
  kind?: 'primary' | 'danger';
  /** No second submission while the first is under way. */
  disabled?: boolean;
  /** Stands at the foot before the buttons. */
  aside?: ReactNode;
  /** Anything in the form was changed. */
  onChange?: () => void;
  onSubmit: () => void;
  /** The fields, one below the other. */
  children: ReactNode;
}

/** A dialog that is a form: Enter in a field submits it like its main button, Cancel leaves it. */
export function FormDialog(props: FormDialogProps) {
  const { title, width, onClose, submit, kind = 'primary', disabled, aside, onChange, onSubmit, children } = props;
  const id = useId();
  return (
    <DialogFrame
      title={title}
      width={width}
      onClose={onClose}
      footer={
        <>
          {aside}
          <Button kind="quiet" onClick={onClose}>
            Cancel
          </Button>
          <Button kind={kind} type="submit" form={id} disabled={disabled}>
            {submit}
          </Button>
        </>
      }
    >
      <form
        id={id}
        className={styles.form}
        onChange={onChange}
        onSubmit={(event) => {
          event.preventDefault();
          onSubmit();
        }}
      >
        {children}
      </form>
    </DialogFrame>
  );
}
