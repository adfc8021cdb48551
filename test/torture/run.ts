/** `npm run torture -- NAME [options]`: runs one torture by its name. */
const [name, ...args] = process.argv.slice(2);

const tortures: Readonly<Record<string, () => Promise<{ main: (args: readonly string[]) => Promise<void> }>>> = {
  download: () => import('./download.ts'),
};

const load = tortures[name ?? ''];
if (load) {
  const { main } = await load();
  await main(args).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
} else {
  console.error(`Which torture? npm run torture -- ${Object.keys(tortures).join(' | ')}`);
  process.exitCode = 2;
}
