/** The command line with a window of one file, so that a host can be started where nothing was built. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCli } from '../../electron/cli/index.ts';
import { serveInstance } from '../../electron/host/index.ts';

// In the sandbox, so that it goes with it: some tests kill the host.
const rendererDir = join(process.cwd(), 'window');
mkdirSync(rendererDir, { recursive: true });
writeFileSync(join(rendererDir, 'index.html'), '<!doctype html><title>Sluice</title>');
process.exitCode = await runCli(process.argv.slice(2), { serve: serveInstance, rendererDir });
