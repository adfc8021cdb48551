/** The engine that `bookkeeping.ts` measures: HOME FOLDER URL JOBS ACTIVE. Says “ready” when as many run as may. */
import { openEngine } from '../../electron/engine/index.ts';

const [home = '', folder = '', url = '', jobs = '0', active = '0'] = process.argv.slice(2);
const engine = await openEngine({ home, downloadsFolder: folder });
await engine.setSettings({ maxActive: Number(active) });
engine.add(
  Array.from({ length: Number(jobs) }, (_, i) => ({ url: `${url}?job=${i}`, name: `file-${i}.bin`, connections: 1 })),
);

let told = 0;
let ready = false;
// A window watches, and each event is written out for it as the transport would.
engine.subscribe((event) => {
  told += JSON.stringify(event).length;
  if (!ready && event.meters.filter((meter) => meter.rate > 0).length >= Number(active) / 2) {
    ready = engine.list().filter((job) => job.state.kind === 'running').length === Number(active);
    if (ready) console.log('ready');
  }
});

process.once('SIGTERM', () => {
  const states = Object.groupBy(engine.list(), (job) => job.state.kind);
  const counts = Object.fromEntries(Object.entries(states).map(([kind, list]) => [kind, list?.length ?? 0]));
  console.log(JSON.stringify({ told, counts }));
  void engine.close();
});
