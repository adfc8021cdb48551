/** What has a `main`, loaded when it is asked for. */
type Load = () => Promise<{ main: (args: readonly string[]) => Promise<void> }>;

/** Runs the one that the command line names (`npm run KIND -- NAME [options]`), or says which there are. */
export async function runNamed(kind: string, programs: Readonly<Record<string, Load>>): Promise<void> {
  const [name, ...args] = process.argv.slice(2);
  const load = programs[name ?? ''];
  if (!load) {
    console.error(`Which ${kind}? npm run ${kind} -- ${Object.keys(programs).join(' | ')}`);
    process.exitCode = 2;
    return;
  }
  const { main } = await load();
  await main(args).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}
