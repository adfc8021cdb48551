/** Object ids of built-in types (PostgreSQL's pg_type.dat): they never change. */
export const OID = {
  bool: 16,
  bytea: 17,
  int8: 20,
  int2: 21,
  int4: 23,
  oid: 26,
  json: 114,
  float4: 700,
  float8: 701,
  date: 1082,
  timestamp: 1114,
  timestamptz: 1184,
  numeric: 1700,
  uuid: 2950,
  jsonb: 3802,
} as const;

const integers: ReadonlySet<number> = new Set([OID.int2, OID.int4, OID.int8]);
const floats: ReadonlySet<number> = new Set([OID.float4, OID.float8]);

/** What a value is to a text format; `text` is everything that is none of the others. */
export type ValueKind =
  | 'boolean'
  | 'integer'
  | 'float'
  | 'numeric'
  | 'date'
  | 'timestamp'
  | 'timestamptz'
  | 'uuid'
  | 'json'
  | 'jsonb'
  | 'text';

export function kindOf(oid: number): ValueKind {
  if (integers.has(oid)) return 'integer';
  if (floats.has(oid)) return 'float';
  switch (oid) {
    case OID.bool:
      return 'boolean';
    case OID.numeric:
      return 'numeric';
    case OID.date:
      return 'date';
    case OID.timestamp:
      return 'timestamp';
    case OID.timestamptz:
      return 'timestamptz';
    case OID.uuid:
      return 'uuid';
    case OID.json:
      return 'json';
    case OID.jsonb:
      return 'jsonb';
    default:
      return 'text';
  }
}

/** Names of the zone in which the client can write timestamptz by itself. */
const utc: ReadonlySet<string> = new Set(['utc', 'etc/utc', 'gmt', 'etc/gmt', 'zulu', 'etc/zulu', 'uct', 'etc/uct']);

/**
 * True where asking for the binary form and writing it here is cheaper than the server's text: it takes work off the
 * server, which is the bottleneck. Zones other than UTC are left to the server, which knows their whole history.
 */
export function isFormattedHere(kind: ValueKind, timeZone: string): boolean {
  if (kind === 'timestamptz') return utc.has(timeZone.toLowerCase());
  return kind === 'uuid' || kind === 'timestamp' || kind === 'date';
}
