import { AddDialog } from '../add/AddDialog.tsx';
import { useServices, useView } from '../services.tsx';
import { DeleteDialog } from './DeleteDialog.tsx';
import { FolderDialog } from './FolderDialog.tsx';
import { Palette } from './Palette.tsx';
import { SettingsDialog } from './SettingsDialog.tsx';

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
    case 'folder':
      return <FolderDialog id={dialog.id} onClose={close} />;
    case undefined:
      return null;
  }
}
