import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** What stays outside the bundles: Electron itself, and libraries that must be loaded as they are published. */
const external = [
  'electron',
  'pg',
  'pg-query-stream',
  // ssh2 tries native helpers that make it faster, and does without them where they are not there.
  /\.node$/,
];

/** The licences of what is bundled ask that they are passed on with it. */
const license = { fileName: 'licenses.txt' };

/** Puts the icons that the running app shows (tray, window) beside the main process. */
function icons(folder: string): Plugin {
  return {
    name: 'sluice:icons',
    applyToEnvironment: ({ name }) => name === 'node',
    generateBundle() {
      for (const name of readdirSync(folder)) {
        this.emitFile({ type: 'asset', fileName: `icons/${name}`, source: readFileSync(join(folder, name)) });
      }
    },
  };
}

/**
 * Takes from Node's own modules only what is used: an `import` of one reads all that it exports, and for some of that Node
 * loads much more (for node:http the whole of fetch, for node:crypto all of WebCrypto).
 */
function leanBuiltins(): Plugin {
  const prefix = '\0lean-';
  return {
    name: 'sluice:lean-builtins',
    enforce: 'pre',
    applyToEnvironment: ({ name }) => name === 'node',
    resolveId(source, _importer, { kind }) {
      if (!isBuiltin(source)) return null;
      const name = `node:${source.replace(/^node:/, '')}`;
      return kind === 'require-call'
        ? { id: name, external: true }
        : { id: `${prefix}${name}`, moduleSideEffects: false };
    },
    load(id) {
      if (!id.startsWith(prefix)) return null;
      const name = id.slice(prefix.length);
      const names = Object.keys(process.getBuiltinModule(name) ?? {}).filter((key) => /^(?!default$)[\w$]+$/.test(key));
      return [
        `const builtin = process.getBuiltinModule('${name}');`,
        'export default builtin;',
        // What nobody imports is left out, and so never read.
        ...names.map((key) => `const _${key} = /*#__PURE__*/ (() => builtin.${key})();`),
        `export { ${names.map((key) => `_${key} as ${key}`).join(', ')} };`,
      ].join('\n');
    },
  };
}

/**
 * `vite build --app` makes everything that ships, into dist/: the window, the entries of the main process (main, host,
 * cli and the worker threads, side by side, so that each finds its workers by a relative URL) and the preload script.
 */
export default defineConfig({
  root: at('renderer'),
  plugins: [react(), icons(at('electron/resources/app')), leanBuiltins()],
  environments: {
    client: {
      build: {
        outDir: at('dist/renderer'),
        emptyOutDir: true,
        license,
        assetsInlineLimit: 0,
        modulePreload: { polyfill: false },
        // The window comes from this disk or this computer: one file of some 700 kB is read in a moment.
        chunkSizeWarningLimit: 1000,
      },
    },
    node: {
      consumer: 'server',
      resolve: {
        external: ['electron', 'pg', 'pg-query-stream'],
        noExternal: true,
        conditions: ['node', 'import', 'module', 'default'],
      },
      // ssh2, written for CommonJS, looks for a helper (of Windows) beside itself.
      define: { __dirname: 'import.meta.dirname' },
      build: {
        ssr: true,
        license,
        emitAssets: true,
        outDir: at('dist/electron'),
        emptyOutDir: true,
        target: 'node24',
        // V8 keeps the text of all that is loaded, in each thread: 7 MB less in a host at work. The maps, which are not
        // shipped, say what a stack means.
        minify: true,
        sourcemap: 'hidden',
        rolldownOptions: {
          external,
          input: {
            main: at('electron/main.ts'),
            host: at('electron/host.ts'),
            cli: at('electron/cli.ts'),
            'transfer-worker': at('electron/engine/download/transfer-worker.ts'),
            'export-worker': at('electron/engine/export/export-worker.ts'),
            'hash-worker': at('electron/engine/download/hash-worker.ts'),
            'zip-worker': at('electron/engine/serve/zip-worker.ts'),
          },
          // One character beyond Latin-1, and V8 keeps the whole text of a file with two bytes for each.
          output: { format: 'es', charset: 'ascii', entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
        },
      },
    },
    preload: {
      consumer: 'server',
      resolve: { external: ['electron'], noExternal: true },
      build: {
        ssr: true,
        outDir: at('dist/preload'),
        emptyOutDir: true,
        target: 'node24',
        minify: false,
        rolldownOptions: {
          external,
          input: { preload: at('electron/preload.ts') },
          output: { format: 'cjs', entryFileNames: '[name].cjs' },
        },
      },
    },
  },
  builder: {
    async buildApp(builder) {
      for (const name of ['client', 'node', 'preload']) {
        const environment = builder.environments[name];
        if (environment) await builder.build(environment);
      }
    },
  },
});
