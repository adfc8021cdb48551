#!/usr/bin/env node
/** Entry of the headless host: `sluice host` by another name. */
process.argv.splice(2, 0, 'host');
await import('./cli.ts');
