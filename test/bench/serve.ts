/**
 * `npm run bench -- serve [--only whole,delay,ranges,stalled,zip,proxy,listing] [--rounds N] [--size MIB]`: the share server
 * beside nginx, sirv and send, all from files in the page cache. Figures are medians; results go to
 * test/bench/results/serve.md and .json.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { generatedBytes } from '../servers/generated-bytes.ts';
import { ensurePrograms } from './programs.ts';
import { describeMachine } from './report.ts';
import { measureDelay, measureRanges, measureStalled, measureWhole } from './serve-phases.ts';
import { serveMarkdown, serveTargets, type ServeFigures } from './serve-report.ts';
import { startNginxServer, startNode } from './serve-servers.ts';
import { measureListing, measureProxy, measureZip } from './serve-shares.ts';

const FILE = 'data.bin';

export async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', default: 'whole,delay,ranges,stalled,zip,proxy,listing' },
      rounds: { type: 'string', default: '5' },
      size: { type: 'string', default: '2048' },
    },
  });
  const rounds = Number(values.rounds);
  const size = Number(values.size) * 2 ** 20;
  const phases = values.only.split(',');
  const versions = ensurePrograms(['nginx', 'wrk']);
  const work = mkdtempSync(join(tmpdir(), 'sluice-bench-serve-'));
  const root = join(work, 'files');
  mkdirSync(root);
  const results = join(import.meta.dirname, 'results');
  mkdirSync(results, { recursive: true });
  const json = join(results, 'serve.json');
  // Pieces of a run that were measured at other times stay.
  const figures: ServeFigures = existsSync(json)
    ? (JSON.parse(readFileSync(json, 'utf8')) as { figures: ServeFigures }).figures
    : {};
  try {
    await writeFile(join(root, FILE), size);
    // Of nginx's settings the better one counts in each phase.
    const nginxWith = (tcpNopush: 'on' | 'off') =>
      startNginxServer(`nginx, tcp_nopush ${tcpNopush}`, root, join(work, `nginx-${tcpNopush}`), `/${FILE}`, {
        tcpNopush,
      });
    await using nginx = await nginxWith('on');
    await using nginxPushing = await nginxWith('off');
    await using sluice = await startNode('Sluice', root, FILE);
    await using sirv = await startNode('sirv', root, FILE);
    await using send = await startNode('send', root, FILE);
    const servers = [nginx, nginxPushing, sluice, sirv, send];
    if (phases.includes('whole')) figures.whole = await measureWhole(servers, rounds);
    if (phases.includes('delay')) figures.delay = await measureDelay([sluice, sirv, send]);
    if (phases.includes('ranges')) figures.ranges = await measureRanges(servers, size, rounds);
    if (phases.includes('stalled')) figures.stalled = await measureStalled(servers);
    if (phases.includes('zip')) figures.zip = await measureZip(sluice, nginx, work, size, rounds);
    if (phases.includes('proxy')) figures.proxy = await measureProxy(sluice, nginx, work, rounds);
    if (phases.includes('listing')) figures.listing = await measureListing(sluice, work, rounds);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  const report = {
    date: new Date().toISOString(),
    machine: describeMachine(),
    versions: { ...versions, node: process.version },
    figures,
  };
  const text = serveMarkdown(report);
  writeFileSync(json, `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(join(results, 'serve.md'), text);
  console.log(text);
  if (serveTargets(figures).some(({ met }) => met === false)) process.exitCode = 1;
}

async function writeFile(path: string, size: number): Promise<void> {
  const source = generatedBytes();
  const file = await open(path, 'w');
  const step = 16 * 2 ** 20;
  for (let at = 0; at < size; at += step) await file.write(source.read(at, Math.min(size, at + step)));
  await file.close();
}
