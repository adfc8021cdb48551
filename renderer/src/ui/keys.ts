/** True on a Mac, where the command key does what Control does elsewhere. */
export const isMac = /^mac/i.test(navigator.platform) || window.sluice?.platform === 'darwin';

/** True where the key that begins a shortcut is held. */
export function hasCommand(event: { ctrlKey: boolean; metaKey: boolean }): boolean {
  return isMac ? event.metaKey : event.ctrlKey;
}

/** “Ctrl+N”, or “⌘N” on a Mac. */
export function shortcut(key: string): string {
  return isMac ? `⌘${key}` : `Ctrl+${key}`;
}

/** True where typing goes into a field, so that single keys are not shortcuts. */
export function isTyping(event: Event): boolean {
  // The editor of queries stands in a shadow tree, outside of which its host seems to be the target.
  const [target] = event.composedPath();
  return target instanceof HTMLElement && (target.matches('input, textarea, select') || target.isContentEditable);
}
