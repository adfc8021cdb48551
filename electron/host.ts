#!/usr/bin/env node
/** Entry of the headless host: `sluice host` by another name. */
import { fileURLToPath } from 'node:url';
import { runCli } from './cli/index.ts';
import { serveInstance } from './host/index.ts';

// Disk writes of several downloads run at once; libuv reads this when its first task comes.
process.env['UV_THREADPOOL_SIZE'] ??= '8';

const fromSource = import.meta.url.endsWith('.ts');
process.exitCode = await runCli(['host', ...process.argv.slice(2)], {
  serve: serveInstance,
  rendererDir: fileURLToPath(new URL(fromSource ? '../dist/renderer' : '../renderer', import.meta.url)),
});
