/**
 * `npm run faults` lists what the fault server can play; `npm run faults -- 47 [variant]` plays one by hand: it prints a
 * link for any client, and every exchange as it ends. Enter gives a fresh run. `npm run faults -- compare [NUMBERS]`
 * points Sluice, aria2c and curl at all rows, or at some.
 */
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { faults, type LoggedExchange } from './faults/index.ts';
import { startFaultServer } from './fault-server.ts';

function list(): void {
  for (const { number, title, outcome, variants } of faults) {
    console.log(`${String(number).padStart(3)}  ${title}\n     -> ${outcome}`);
    if (variants) console.log(`     variants: ${variants.join(', ')}`);
  }
  console.log('\nPlay one: npm run faults -- NUMBER [VARIANT] [--size BYTES] [--rate BYTES_PER_SECOND] [--port N]');
}

function line({ request, origin, connection, status, sent }: LoggedExchange): string {
  const conditions = ['range', 'if-range', 'if-match', 'if-unmodified-since', 'authorization', 'cookie'].flatMap(
    (name) => {
      const value = request.headers[name];
      return value === undefined ? [] : [`${name}: ${value}`];
    },
  );
  const asked = [`${request.method} ${request.target}`, ...conditions].join('  ');
  return `#${connection} ${origin}  ${asked}  ->  ${status || 'no answer'}, ${sent} bytes`;
}

async function playByHand(number: number, variant: string | undefined, options: Record<string, number>) {
  const fault = faults.find((one) => one.number === number);
  if (!fault) throw new Error(`There is no fault ${number}: they go from 1 to ${faults.length}.`);
  if (variant !== undefined && !fault.variants?.includes(variant)) {
    throw new Error(`Fault ${number} has these variants: ${fault.variants?.join(', ') ?? 'none'}.`);
  }
  const server = await startFaultServer({ port: options['port'] ?? 0 });
  server.onExchange = (exchange) => console.log(line(exchange));
  const begin = async () => {
    const run = await server.play(number, {
      ...(variant !== undefined && { variant }),
      ...(options['size'] !== undefined && { size: options['size'] }),
      ...(options['rate'] !== undefined && { rate: options['rate'] }),
    });
    console.log(`\n${run.url}\n${run.size} bytes, sha-256:${run.sha256}`);
  };
  console.log(`${number}  ${fault.title}\n-> ${fault.outcome}\nEnter for a fresh run, Ctrl-C to end.`);
  await begin();
  createInterface({ input: process.stdin }).on('line', () => void begin());
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    size: { type: 'string' },
    rate: { type: 'string' },
    port: { type: 'string' },
    seconds: { type: 'string', default: '20' },
  },
});
const [number, variant] = positionals;
if (number === undefined) {
  list();
} else if (number === 'compare') {
  const { compare } = await import('./compare/compare.ts');
  await compare(positionals.slice(1).map(Number), Number(values.seconds));
} else {
  const options = Object.fromEntries(Object.entries(values).map(([key, value]) => [key, Number(value)]));
  await playByHand(Number(number), variant, options).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}
