import react from '@vitejs/plugin-react';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { browserLaunch } from './test/tools/browser.ts';

/** Only what hangs takes so long: on a machine that does other things too, all may be slow. */
const patient = { expect: { poll: { timeout: 120_000 } }, testTimeout: 300_000, hookTimeout: 300_000 };

export default defineConfig({
  test: {
    teardownTimeout: 120_000,
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], ...patient } },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          // Real processes, sockets and files: a process each, so that none sees another's handles.
          pool: 'forks',
          // Each thread that they start strips types by WebAssembly, and V8, which shares what it made for that among
          // threads and makes it better after 1,000 calls, now and then frees it twice: seen as SIGTRAP (“jit_page.has_value()”
          // in UnregisterWasmAllocation, nodejs/node#64500) and SIGSEGV. So nothing is made better.
          execArgv: ['--wasm-wrapper-tiering-budget=2147483647'],
          // The other lane of `npm test` has the window's tests beside them, and each brings servers of its own.
          maxWorkers: 2,
          ...patient,
        },
      },
      {
        plugins: [react()],
        test: {
          name: 'component',
          include: ['test/component/**/*.test.{ts,tsx}'],
          ...patient,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            connectTimeout: 300_000,
            provider: playwright({ launchOptions: browserLaunch() }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
});
