import '@fontsource-variable/inter/wght.css';
import './styles/tokens.css';
import './styles/base.css';
import { createRoot } from 'react-dom/client';
import { App } from './App.tsx';
import { restoreTheme } from './frame/theme.ts';
import { chooseDial } from './transport/index.ts';

restoreTheme();
// A link with a new token, pasted into a tab that is already open, changes only the fragment.
window.addEventListener('hashchange', () => location.reload());

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
createRoot(root).render(<App dial={chooseDial()} />);
