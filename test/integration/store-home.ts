/** A process with an engine of its own: `node store-home.ts HOME FILES URL…` adds the links, and lives until it is killed. */
import { openEngine } from '../../electron/engine/index.ts';

const [home = '', downloadsFolder = '', ...urls] = process.argv.slice(2);
try {
  const engine = await openEngine({ home, downloadsFolder });
  engine.add(urls.map((url) => ({ url })));
  engine.subscribe((event) => {
    const figures = event.meters.map((meter) => meter.done);
    console.log(JSON.stringify({ states: engine.list().map((job) => job.state.kind), done: Math.max(0, ...figures) }));
  });
  // The engine is no reason to stay; this is.
  setInterval(() => {}, 1000);
} catch (error) {
  console.log(JSON.stringify({ refused: error instanceof Error ? error.message : String(error) }));
}
