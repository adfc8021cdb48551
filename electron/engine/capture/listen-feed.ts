import type { Notification } from 'pg';
import { connect, databaseFailure } from '../database/index.ts';
import type { Feed } from './feed.ts';
import { messageLine } from './record.ts';

/** A silent session is asked for a sign of life this often: what cuts idle connections leaves it, and a dead one shows. */
const ASK_MS = 30_000;
const ANSWER_MS = 15_000;

/**
 * Notifications of PostgreSQL (manual, LISTEN). The server keeps none for a session that is not there, and it must not be
 * held back: all sessions share one queue of notifications, which fills when one of them does not read.
 */
export const readNotifications: Feed = async (context) => {
  const { signal, spec, take } = context;
  const { feed, target } = spec;
  if (feed.kind !== 'listen' || !target) throw new Error('Not a database');
  const session = await connect(target, { signal, applicationName: 'Sluice capture' });
  const { client } = session;
  const { promise: broken, reject } = Promise.withResolvers<never>();
  broken.catch(() => {});
  const onAbort = () => reject(signal.reason as Error);
  signal.addEventListener('abort', onAbort, { once: true });
  client.on('error', reject);
  client.on('end', () => reject(new Error('Connection terminated')));
  client.on('notification', ({ channel, payload = '', processId }: Notification) => {
    const at = Date.now();
    try {
      // Taken whether there is room or not: this feed's queue never asks to wait.
      void take({ data: messageLine(at, { channel, pid: processId }, payload), at, position: null, key: null });
    } catch (error) {
      reject(error);
    }
  });
  if (session.pooler) context.note('A pooler answers: behind one, notifications may not arrive');
  let timer: NodeJS.Timeout | undefined;
  try {
    for (const channel of feed.channels) {
      await Promise.race([client.query(`LISTEN ${client.escapeIdentifier(channel)}`), broken]);
    }
    context.connected('ndjson');
    timer = setInterval(() => {
      const late = setTimeout(() => reject(new Error('Connection terminated: no answer')), ANSWER_MS);
      client.query('SELECT 1').then(
        () => clearTimeout(late),
        () => clearTimeout(late),
      );
    }, ASK_MS);
    return await broken;
  } catch (error) {
    signal.throwIfAborted();
    throw databaseFailure(error, target);
  } finally {
    clearInterval(timer);
    signal.removeEventListener('abort', onAbort);
    await session.end();
  }
};
