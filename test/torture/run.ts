/** `npm run torture -- NAME [options]`: runs one torture by its name. */
import { runNamed } from '../tools/run-named.ts';

await runNamed('torture', {
  download: () => import('./download.ts'),
  export: () => import('./export.ts'),
  capture: () => import('./capture.ts'),
});
