import { AddDialog } from '../add/AddDialog.tsx';
import { useServices, useView } from '../services.tsx';
import { ConnectionDialog } from '../connections/ConnectionDialog.tsx';
import { DeleteDialog } from './DeleteDialog.tsx';
import { DecideDialog } from './DecideDialog.tsx';
import { Palette } from './Palette.tsx';
import { SettingsDialog } from './SettingsDialog.tsx';
import { StartLaterDialog } from './StartLaterDialog.tsx';

/** The dialog that is open, if one is. */
export function Dialogs() {
  const { view } = useServices();
  const dialog = useView((view) => view.dialog);
  const close = () => view.setState({ dialog: null });
  switch (dialog?.kind) {
    case 'add':
      return <AddDialog text={dialog.text} onClose={close} />;
    case 'settings':
      return <SettingsDialog onClose={close} />;
    case 'palette':
      return <Palette onClose={close} />;
    case 'delete':
      return <DeleteDialog ids={dialog.ids} onClose={close} />;
    case 'decide':
      return <DecideDialog id={dialog.id} choice={dialog.choice} onClose={close} />;
    case 'start-later':
      return <StartLaterDialog ids={dialog.ids} onClose={close} />;
    case 'connection':
      return <ConnectionDialog id={dialog.id} onClose={close} />;
    case 'share':
    case 'capture':
    case undefined:
      return null;
  }
}
