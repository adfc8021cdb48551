/** The packaged app: the desktop window, or with `cli` as its first argument the command line. */
import { fileURLToPath } from 'node:url';
import { runCli } from './cli/index.ts';
import { serveInstance as serve } from './host/index.ts';
import { ownArguments, startDesktop, startTerminal } from './shell/index.ts';

// Disk writes of several downloads run at once; libuv reads this when its first task comes.
process.env['UV_THREADPOOL_SIZE'] ??= '8';

// No top-level await here or in anything imported: Electron would wait for this module and this module for `ready`.
const args = ownArguments(process.argv);
const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
if (args[0] === 'cli') {
  startTerminal(args.slice(1), (argv) => runCli(argv, { serve, rendererDir: at('../renderer') }));
} else {
  startDesktop({ dist: at('..'), args, serve });
}
