/** The command line with a window of one file, so that a host can be started where nothing was built. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '../../electron/cli/index.ts';
import { serveInstance } from '../../electron/host/index.ts';

const rendererDir = mkdtempSync(join(tmpdir(), 'sluice-window-'));
writeFileSync(join(rendererDir, 'index.html'), '<!doctype html><title>Sluice</title>');
process.exitCode = await runCli(process.argv.slice(2), { serve: serveInstance, rendererDir });
rmSync(rendererDir, { recursive: true, force: true });
