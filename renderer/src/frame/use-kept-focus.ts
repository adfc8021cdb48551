import { useEffect, type RefObject } from 'react';

/**
 * Where what had the focus is taken away (a dialog that nothing opened, a button of an empty page that fills), it goes
 * into the middle of the window: the next Tab is not for the top of the page.
 */
export function useKeptFocus(main: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const onFocusOut = ({ target, relatedTarget }: FocusEvent) => {
      if (relatedTarget) return;
      requestAnimationFrame(() => {
        const isLost = document.activeElement === document.body && !(target as Node).isConnected;
        if (!isLost || document.querySelector('[role=dialog]')) return;
        const row = main.current?.querySelector<HTMLElement>('[role=row][tabindex="0"]');
        (row ?? main.current)?.focus({ preventScroll: true });
      });
    };
    document.addEventListener('focusout', onFocusOut);
    return () => document.removeEventListener('focusout', onFocusOut);
  }, [main]);
}
