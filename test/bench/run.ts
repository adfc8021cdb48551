/** `npm run bench -- NAME [options]`: runs one bench by its name. */
import { runNamed } from '../tools/run-named.ts';

await runNamed('bench', {
  download: () => import('./download.ts'),
  export: () => import('./export.ts'),
  bookkeeping: () => import('./bookkeeping.ts'),
  limits: () => import('./limits.ts'),
  serve: () => import('./serve.ts'),
  'query-share': () => import('./query-share.ts'),
});
