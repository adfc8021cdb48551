#!/usr/bin/env node
/** Entry of the command line: joins the rooms, runs one command. */
import { fileURLToPath } from 'node:url';
import { runCli } from './cli/index.ts';
import { serveInstance } from './host/index.ts';

// Disk writes of several downloads run at once; libuv reads this when its first task comes.
process.env['UV_THREADPOOL_SIZE'] ??= '8';

// The built window is beside the bundle, or in dist/ of the checkout where Node runs the source.
const fromSource = import.meta.url.endsWith('.ts');
process.exitCode = await runCli(process.argv.slice(2), {
  serve: serveInstance,
  rendererDir: fileURLToPath(new URL(fromSource ? '../dist/renderer' : '../renderer', import.meta.url)),
});
