/** Connections and what is behind them as people have them, for tests and pictures. The same at every run. */
import type {
  Catalog,
  Column,
  ConnectionProfile,
  ExportSource,
  Importable,
  Preview,
  Relation,
} from '../../shared/database.ts';
import type { CsvFormat, ExportFormat } from '../../shared/export.ts';
import { EngineDouble, type DoubleState } from './engine-double.ts';
import { busyJobs, metersFor } from './samples.ts';

export function sampleProfile(given: Partial<ConnectionProfile> & { id: string }): ConnectionProfile {
  return {
    name: given.id,
    color: 'grey',
    host: 'localhost',
    port: 5432,
    database: 'shop',
    user: 'ada',
    tls: { mode: 'prefer', ca: null, certificate: null, key: null },
    ssh: null,
    readOnly: true,
    statementTimeout: 30_000,
    exportTimeout: 0,
    hasPassword: true,
    hasSshPassword: false,
    sample: false,
    ...given,
  };
}

export const sampleProfiles: ConnectionProfile[] = [
  sampleProfile({
    id: 'shop',
    name: 'Shop (production)',
    color: 'red',
    host: 'db.shop.example',
    tls: { mode: 'verify-full', ca: null, certificate: null, key: null },
  }),
  sampleProfile({
    id: 'staging',
    name: 'Shop (staging)',
    color: 'orange',
    host: 'db.staging.shop.example',
    readOnly: false,
  }),
  sampleProfile({
    id: 'research',
    name: 'Research warehouse',
    color: 'purple',
    host: '10.4.0.12',
    port: 5433,
    database: 'warehouse',
    user: 'analyst',
    ssh: {
      host: 'bastion.uni.example',
      port: 22,
      user: 'ada',
      authentication: 'key',
      keyFile: '/home/ada/.ssh/id_ed25519',
      hostKey: 'SHA256:Jx0y5m8CLhVgaRAfmHVb2LbMNdCkpmqLS7bmdRj2vY0',
    },
  }),
];

export const sampleImportable: Importable[] = [
  {
    key: 'service:billing',
    from: 'service',
    draft: draftLike({ id: 'x', name: 'billing', host: 'billing.internal', database: 'billing', user: 'report' }),
    hasPassword: true,
  },
  {
    key: 'environment',
    from: 'environment',
    draft: draftLike({ id: 'x', name: 'ada on localhost', database: 'ada' }),
    hasPassword: false,
  },
];

function draftLike(given: Partial<ConnectionProfile> & { id: string }): Importable['draft'] {
  const { id: _, hasPassword: __, hasSshPassword: ___, sample: ____, ...draft } = sampleProfile(given);
  return draft;
}

function relation(name: string, rows: number | null, bytes: number | null, given: Partial<Relation> = {}): Relation {
  return { name, kind: 'table', rows, bytes, parent: null, comment: null, readable: true, ...given };
}

export const sampleCatalog: Catalog = {
  schemas: [
    {
      name: 'public',
      relations: [
        relation('customers', 184_210, 41_200_000),
        relation('events', 61_400_000, 9_820_000_000, { kind: 'partitioned-table' }),
        relation('events_2026_04', 31_100_000, 4_970_000_000, { kind: 'partition', parent: 'events' }),
        relation('events_2026_05', 30_300_000, 4_850_000_000, { kind: 'partition', parent: 'events' }),
        relation('order_lines', 4_318_077, 612_000_000),
        relation('orders', 1_204_332, 233_000_000, { comment: 'One row per order, also cancelled ones' }),
        relation('payments', 1_180_104, 198_000_000, { readable: false }),
        relation('products', 12_840, 9_400_000),
        relation('revenue_by_day', null, null, { kind: 'view' }),
        relation('top_customers', 500, 81_920, { kind: 'materialized-view' }),
      ],
    },
    {
      name: 'archive',
      relations: [
        relation('orders_2024', 840_112, 151_000_000),
        relation('old_warehouse', null, null, { kind: 'foreign-table' }),
      ],
    },
  ],
};

export const orderColumns: Column[] = [
  { name: 'id', type: 'bigint', nullable: false },
  { name: 'customer_id', type: 'bigint', nullable: false },
  { name: 'placed_at', type: 'timestamp with time zone', nullable: false },
  { name: 'status', type: 'order_status', nullable: false },
  { name: 'total', type: 'numeric(12,2)', nullable: false },
  { name: 'coupon', type: 'text', nullable: true },
  { name: 'address', type: 'jsonb', nullable: true },
];

const statuses = ['paid', 'shipped', 'cancelled', 'open'];
const coupons = [null, 'SPRING-26', '', null, 'WELCOME10'];
const streets = ['12 Rue des Lilas', 'Am Markt 3', '480 Pine St', 'Via Roma 21'];

/** Fifty orders. */
export const ordersPreview: Preview = {
  columns: orderColumns.map(({ name, type }) => ({ name, type })),
  rows: Array.from({ length: 50 }, (_, i) => [
    String(1_204_332 - i),
    String(((i * 7919) % 180_000) + 11),
    `2026-05-12 ${String(14 - Math.floor(i / 12)).padStart(2, '0')}:${String((59 - i * 5) % 60 < 0 ? 60 + ((59 - i * 5) % 60) : (59 - i * 5) % 60).padStart(2, '0')}:07.${String((i * 137) % 1000).padStart(3, '0')}+00`,
    statuses[i % 4] ?? null,
    (((i * 3571) % 40_000) / 100 + 4.9).toFixed(2),
    coupons[i % 5] ?? null,
    i % 6 === 4 ? null : `{"street": "${streets[i % 4]}", "zip": "${10_000 + ((i * 631) % 80_000)}"}`,
  ]),
  more: true,
  took: 38,
};

const separatorOf = (format: ExportFormat) => (format.kind === 'csv' ? format.delimiter : ',');

/** The first lines of a text format, near enough to what the engine writes for a picture. */
export function linesOf(format: ExportFormat): string {
  const { columns, rows } = ordersPreview;
  const names = columns.map(({ name }) => name);
  const some = rows.slice(0, 12);
  if (format.kind === 'csv') {
    const head = format.header ? [names.join(separatorOf(format))] : [];
    return [...head, ...some.map((row) => row.map((value) => csvField(value, format)).join(separatorOf(format)))].join(
      '\n',
    );
  }
  if (format.kind === 'ndjson' || format.kind === 'json') {
    return some.map((row) => JSON.stringify(Object.fromEntries(names.map((name, i) => [name, row[i]])))).join('\n');
  }
  if (format.kind === 'parquet' || format.kind === 'xlsx') return '';
  return some.map((row) => `INSERT INTO public.orders VALUES (${row.join(', ')});`).join('\n');
}

function csvField(value: string | null | undefined, format: CsvFormat): string {
  if (value === null || value === undefined) return format.nullText;
  const needs = value === '' || /[",;\n]/.test(value) || format.quoting === 'all';
  return needs ? `"${value.replaceAll('"', '""')}"` : value;
}

/** A name for what is exported, as the engine gives one. */
export function nameOf(source: ExportSource, format: ExportFormat, compression: string): string {
  const stem = source.kind === 'table' ? source.name : source.kind === 'tables' ? 'shop-2026-05-12' : 'query';
  if (source.kind === 'tables') return stem;
  const extension = { 'sql-insert': 'sql', 'sql-copy': 'sql', markdown: 'md' }[format.kind as string] ?? format.kind;
  return `${stem}.${extension}${{ gzip: '.gz', zstd: '.zst', brotli: '.br' }[compression] ?? ''}`;
}

/** An engine with the sample connections, and a shop behind them. */
export function databaseEngine(state: Partial<DoubleState> = {}): EngineDouble {
  const jobs = busyJobs();
  const engine = new EngineDouble({ jobs, meters: metersFor(jobs), ...state });
  const { database } = engine;
  database.profiles = [...sampleProfiles];
  database.catalogs = { shop: sampleCatalog, staging: sampleCatalog, research: sampleCatalog };
  database.completions = Object.fromEntries(
    sampleCatalog.schemas.flatMap(({ name, relations }) =>
      relations.map((one) => [`${name}.${one.name}`, orderColumns.map((column) => column.name)]),
    ),
  );
  database.relation = () => ({ columns: orderColumns, key: ['id'] });
  database.preview = async () => ordersPreview;
  database.estimate = () => ({ rows: 1_204_332, width: 142, parallel: false, plan: 'Seq Scan on orders' });
  database.sampleText = (_, format) => linesOf(format);
  database.fileName = nameOf;
  return engine;
}
