import { useEffect } from 'react';
import { useServices } from '../services.tsx';
import { showing } from '../view/selection.ts';
import { hasCommand, isTyping } from '../ui/keys.ts';
import { searchId } from './Header.tsx';
import type { DesktopCommand } from '../../../shared/desktop.ts';
import { assertNever } from '../../../shared/assert-never.ts';

/** The keys that work everywhere in the window, and a link that is pasted anywhere but into a field. */
export function useShortcuts(): void {
  const { view } = useServices();
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (!hasCommand(event) || event.altKey || event.shiftKey) return;
      // A modal dialog keeps the keys to itself; only the palette closes by the key that opened it.
      const { dialog } = view.getState();
      if (dialog !== null && !(dialog.kind === 'palette' && event.key.toLowerCase() === 'k')) return;
      switch (event.key.toLowerCase()) {
        case 'n':
          view.setState({ dialog: { kind: 'add', text: '' } });
          break;
        case 'k':
          view.setState({ dialog: dialog ? null : { kind: 'palette' } });
          break;
        case 'f':
          focusSearch();
          break;
        case 'i':
          view.setState(({ details }) => ({ details: !details }));
          break;
        case ',':
          view.setState({ dialog: { kind: 'settings' } });
          break;
        default:
          return;
      }
      event.preventDefault();
    };
    const onPaste = (event: ClipboardEvent) => {
      if (isTyping(event) || view.getState().dialog !== null) return;
      const text = event.clipboardData?.getData('text/plain').trim();
      if (text) view.setState({ dialog: { kind: 'add', text } });
    };
    window.addEventListener('keydown', onKeyDown);
    window.addEventListener('paste', onPaste);
    return () => {
      window.removeEventListener('keydown', onKeyDown);
      window.removeEventListener('paste', onPaste);
    };
  }, [view]);
}

/** What is asked for in the desktop's menu, tray, notifications and links. */
export function useDesktopCommands(): void {
  const { view } = useServices();
  useEffect(() => {
    const obey = (command: DesktopCommand) => {
      switch (command.kind) {
        case 'add':
          view.setState({ dialog: { kind: 'add', text: command.links.join('\n') } });
          return;
        case 'show-job':
          view.setState(showing(command.id));
          return;
        case 'search':
          focusSearch();
          return;
        case 'palette':
        case 'settings':
          view.setState({ dialog: { kind: command.kind } });
          return;
        case 'toggle-details':
          view.setState(({ details }) => ({ details: !details }));
          return;
        default:
          assertNever(command);
      }
    };
    return window.sluice?.onCommand(obey);
  }, [view]);
}

export function focusSearch(): void {
  document.querySelector<HTMLInputElement>(`#${searchId}`)?.select();
}
