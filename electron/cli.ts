#!/usr/bin/env node
/** Entry of the command line: joins the rooms, runs one command. */
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';

// Disk writes of several downloads run at once; libuv reads this when its first task comes.
process.env['UV_THREADPOOL_SIZE'] ??= '8';

const [major = 0] = process.versions.node.split('.').map(Number);
if (major < 24) {
  // The rooms import node:sqlite, which older ones lack: they would stop at the import, without a word.
  console.error(
    `sluice: Node 24 or newer is needed, and this is ${process.version}. npm run -s sluice -- … has its own.`,
  );
  process.exitCode = 2;
} else {
  // Where Node runs the source, each thread strips types by WebAssembly, and V8 now and then frees twice what threads share
  // of that once it has made it better (vitest.config.ts).
  setFlagsFromString('--wasm-wrapper-tiering-budget=2147483647');
  // A copy of V8's built-ins in each thread makes calls of them shorter, and each copy counts 2 MB.
  setFlagsFromString('--no-short-builtin-calls');
  // What is loaded stays. V8 would take it for a lively program and give young objects 16 MB for good, so for that long
  // their space does not grow (the default is by 2): 4 MB less in a host that is idle, as measured, and more at its peak.
  setFlagsFromString('--semi-space-growth-factor=1');
  // oRPC asks whether what it is sent is FormData, and Node loads the whole of fetch (6 MB) to tell. Nobody sends a form
  // here. Defined over, the lazy one would be loaded first.
  Reflect.deleteProperty(globalThis, 'FormData');
  Object.assign(globalThis, { FormData: function NoForm() {} });
  const [{ runCli }, { serveInstance }] = await Promise.all([import('./cli/index.ts'), import('./host/index.ts')]);
  setFlagsFromString('--semi-space-growth-factor=2');
  // The built window is beside the bundle, or in dist/ of the checkout where Node runs the source.
  const fromSource = import.meta.url.endsWith('.ts');
  process.exitCode = await runCli(process.argv.slice(2), {
    serve: serveInstance,
    rendererDir: fileURLToPath(new URL(fromSource ? '../dist/renderer' : '../renderer', import.meta.url)),
  });
}
