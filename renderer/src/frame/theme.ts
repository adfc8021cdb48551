import { useEffect, useSyncExternalStore } from 'react';
import { useMirror } from '../services.tsx';

const key = 'sluice.theme';

/** Shows the theme of the last time until the settings are here, so that the window does not flash. */
export function restoreTheme(): void {
  const theme = localStorage.getItem(key);
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset['theme'] = theme;
}

/** Follows the theme of the settings; “system” leaves the choice to `color-scheme`. */
export function useTheme(): void {
  const theme = useMirror((mirror) => mirror.settings?.theme);
  useEffect(() => {
    if (!theme) return;
    if (theme === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = theme;
    localStorage.setItem(key, theme);
  }, [theme]);
}

const dark = window.matchMedia('(prefers-color-scheme: dark)');
const onSystemScheme = (listener: () => void) => {
  dark.addEventListener('change', listener);
  return () => dark.removeEventListener('change', listener);
};

/** The colours in use. For drawings, which do not follow the cascade by themselves. */
export function useScheme(): 'light' | 'dark' {
  const theme = useMirror((mirror) => mirror.settings?.theme);
  const system = useSyncExternalStore(onSystemScheme, () => (dark.matches ? 'dark' : 'light'));
  return theme === 'light' || theme === 'dark' ? theme : system;
}
