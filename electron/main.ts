/** The packaged app: the desktop window, or with `cli` as its first argument the command line. */
import { fileURLToPath } from 'node:url';
import { runCli } from './cli/index.ts';
import { serveInstance } from './host/index.ts';
import { ownArguments, startDesktop, startTerminal } from './shell/index.ts';

// Disk writes of several downloads run at once; libuv reads this when its first task comes.
process.env['UV_THREADPOOL_SIZE'] ??= '8';

// No top-level await here or in anything imported: Electron would wait for this module and this module for `ready`.
const args = ownArguments(process.argv);
if (args[0] === 'cli') {
  startTerminal(args.slice(1), runCli);
} else {
  startDesktop({ dist: fileURLToPath(new URL('../', import.meta.url)), args, serve: serveInstance });
}
