import { formatRate, percent } from '../../../shared/format.ts';
import type { ConnectionInfo } from '../../../shared/job.ts';
import { connectionWords } from '../words.ts';
import table from '../ui/Table.module.css';
import styles from './Details.module.css';

export function Connections({ connections }: { connections: readonly ConnectionInfo[] }) {
  return (
    <table className={`${table.table} ${styles.connections}`}>
      <thead>
        <tr>
          <th scope="col">Address</th>
          <th scope="col">Piece</th>
          <th scope="col">State</th>
          <th scope="col">Speed</th>
        </tr>
      </thead>
      <tbody>
        {connections.map((connection) => (
          <tr key={connection.id}>
            <td title={connection.remote}>{connection.remote}</td>
            <td>{pieceOf(connection)}</td>
            <td>{connectionWords[connection.state]}</td>
            <td>{formatRate(connection.rate)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** How much of its lease a connection has fetched; nothing where the lease has no end. */
function pieceOf({ start, end, at }: ConnectionInfo): string {
  if (end === null || end <= start) return '';
  return `${percent(at - start, end - start) ?? 0} %`;
}
