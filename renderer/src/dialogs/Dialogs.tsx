import { lazy, Suspense } from 'react';
import { AddDialog } from '../add/AddDialog.tsx';
import { useServices, useView } from '../services.tsx';
import { DeleteDialog } from './DeleteDialog.tsx';
import { DecideDialog } from './DecideDialog.tsx';
import { Palette } from './Palette.tsx';
import { SettingsDialog } from './SettingsDialog.tsx';
import { StartLaterDialog } from './StartLaterDialog.tsx';

// What belongs to a place beside the list comes when it is first asked for.
const ConnectionDialog = lazy(() =>
  import('../connections/ConnectionDialog.tsx').then((module) => ({ default: module.ConnectionDialog })),
);
const RemoveConnectionDialog = lazy(() =>
  import('../connections/RemoveConnectionDialog.tsx').then((module) => ({ default: module.RemoveConnectionDialog })),
);
const ShareDialog = lazy(() => import('../shares/ShareDialog.tsx').then((module) => ({ default: module.ShareDialog })));
const CaptureDialog = lazy(() =>
  import('../capture/CaptureDialog.tsx').then((module) => ({ default: module.CaptureDialog })),
);

/** The dialog that is open, if one is. */
export function Dialogs() {
  return (
    <Suspense fallback={null}>
      <OpenOne />
    </Suspense>
  );
}

function OpenOne() {
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
    case 'remove-connection':
      return <RemoveConnectionDialog id={dialog.id} onClose={close} />;
    case 'share':
      return <ShareDialog draft={dialog.draft} onClose={close} />;
    case 'capture':
      return <CaptureDialog onClose={close} />;
    case undefined:
      return null;
  }
}
