/** `sluice export`: a query or tables into files, or to stdout. */
import { once } from 'node:events';
import { SluiceError } from '../../shared/failure.ts';
import { connectionOf } from './connections.ts';
import type { Context } from './context.ts';
import { type ExportFlags, toExport, type Wanted } from './export-request.ts';
import { runJobs } from './run-jobs.ts';
import { openSession, type Session } from './session.ts';

/** Stays until the export is done; Ctrl-C pauses one that goes to files. */
export async function exportRows(flags: ExportFlags, context: Context): Promise<number> {
  const wanted = toExport(flags, context.cwd);
  const { home, serve, interrupts } = context;
  const session = await openSession(home, serve, () => interrupts.trigger());
  if (wanted.destination.kind === 'stdout') {
    try {
      return await toStdout(session, wanted, flags, context);
    } finally {
      await session.close();
    }
  }
  let id: string;
  try {
    const { id: connection } = await connectionOf(session.client, flags);
    const { folder, name } = wanted.destination;
    ({ id } = await session.client.exports.add({
      ...wanted.request,
      connection,
      folder,
      ...(name === undefined ? {} : { name }),
    }));
    const job = await session.client.jobs.get({ id });
    context.output.event({ event: 'added', id, folder: job.folder, name: job.name });
  } catch (error) {
    await session.close();
    throw error;
  }
  return runJobs(session, [{ id, fresh: true }], context);
}

/** Rows go through this process only: nothing is kept, and a reader that stops stops the server. */
async function toStdout(session: Session, { request }: Wanted, flags: ExportFlags, context: Context): Promise<number> {
  const { output, interrupts, bytes } = context;
  if (!session.exportTo) {
    throw new SluiceError('not-here', {
      what: 'Exporting to stdout while another Sluice runs',
      next: 'Export to a file with -o, quit that one, or choose another --home.',
    });
  }
  const { id: connection } = await connectionOf(session.client, flags);
  const { source, format, compression, timeZone } = request;
  const rows = await session.exportTo(
    { connection, source, format, compression, ...(timeZone === undefined ? {} : { timeZone }) },
    async (chunk) => {
      // The memory is used again as soon as this returns: what the pipe has not taken is waited for.
      if (bytes.write(Buffer.from(chunk))) return;
      await once(bytes, 'drain', { signal: interrupts.signal });
    },
    interrupts.signal,
  );
  output.note(`${rows.toLocaleString('en')} rows.`);
  return 0;
}
