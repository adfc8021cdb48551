/** `npm run bench -- NAME [options]`: runs one bench by its name. */
const [name, ...args] = process.argv.slice(2);

const benches: Readonly<Record<string, () => Promise<{ main: (args: readonly string[]) => Promise<void> }>>> = {
  download: () => import('./download.ts'),
  bookkeeping: () => import('./bookkeeping.ts'),
  limits: () => import('./limits.ts'),
};

const load = benches[name ?? ''];
if (load) {
  const { main } = await load();
  await main(args).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
} else {
  console.error(`Which bench? npm run bench -- ${Object.keys(benches).join(' | ')}`);
  process.exitCode = 2;
}
