/**
 * The tables of the sample database, as SQL: a shop, with what makes exports interesting (jsonb, arrays, an enum, quotes
 * and line breaks in texts, NULLs, a view, a materialised view, partitions). Every value comes from a hash of its row's
 * number: the same on every computer.
 */

/** A number from 0 to `below` - 1 that depends on `n` and on the column. */
const pick = (n: string, column: number, below: number | string) =>
  `((hashint8extended(${n}::bigint, ${column}) & 2147483647) % ${below})`;
/** One of the values. */
const one = (n: string, column: number, values: readonly string[]) =>
  `(ARRAY[${values.map((value) => `'${value.replaceAll("'", "''")}'`).join(', ')}])[1 + ${pick(n, column, values.length)}]`;

const firstNames = [
  'Ada',
  'Bao',
  'Chidi',
  'Dalia',
  'Émile',
  'Fatou',
  'Grace',
  'Hiro',
  'Ines',
  'Jørgen',
  'Kofi',
  'Lúcia',
];
const lastNames = [
  'Abe',
  'Brandt',
  'Costa',
  'Diallo',
  'Evans',
  'Fischer',
  "O'Neill",
  'Haddad',
  'Ivanov',
  'Kaya',
  'Łuczak',
];
const cities = ['Accra', 'Berlin', 'Córdoba', 'Dakar', 'Kyōto', 'Lyon', 'Malmö', 'Porto', 'Toronto', '東京'];
const countries = ['GH', 'DE', 'AR', 'SN', 'JP', 'FR', 'SE', 'PT', 'CA'];
const goods = ['Lamp', 'Kettle', 'Notebook', 'Chair', 'Headphones', 'Backpack', 'Teapot', 'Bicycle bell', 'Scarf'];
const looks = ['Blue', 'Folding', 'Small', 'Oak', 'Quiet', 'Solar', 'Woollen', 'Striped'];
const kinds = ['page_view', 'search', 'add_to_cart', 'checkout', 'login'];
const notes = [
  'Asked for a "gift" wrap',
  'Ring twice,\nthen wait',
  'Prefers e-mail; no calls',
  'Älteste Kundin',
  'a\tb',
];

export const SAMPLE_DATA = `
CREATE SCHEMA shop;
COMMENT ON SCHEMA shop IS 'Made-up data: change it or delete it as you like';
CREATE TYPE shop.order_status AS ENUM ('new', 'paid', 'shipped', 'delivered', 'returned');

CREATE TABLE shop.customers (
  id bigint PRIMARY KEY,
  name text NOT NULL,
  email text NOT NULL UNIQUE,
  city text NOT NULL,
  country char(2) NOT NULL,
  born date,
  vip boolean NOT NULL,
  balance numeric(12,2) NOT NULL,
  tags text[] NOT NULL,
  note text,
  created_at timestamptz NOT NULL
);
COMMENT ON TABLE shop.customers IS 'Everybody who ever ordered';
INSERT INTO shop.customers
SELECT i, first || ' ' || last, lower(translate(first || '.' || last, 'ÉéøúŁ''', 'EeoulL')) || i || '@example.com',
  ${one('i', 3, cities)}, ${one('i', 4, countries)},
  CASE WHEN ${pick('i', 5, 10)} > 0 THEN date '1940-01-01' + ${pick('i', 6, 24_000)}::int END,
  ${pick('i', 7, 20)} = 0, (${pick('i', 8, 500_000)} - 100000) / 100.0,
  CASE ${pick('i', 9, 4)} WHEN 0 THEN '{}' WHEN 1 THEN '{newsletter}' WHEN 2 THEN '{newsletter,"early bird"}' ELSE '{b2b}' END::text[],
  CASE WHEN ${pick('i', 10, 6)} = 0 THEN ${one('i', 11, notes)} END,
  timestamptz '2021-01-01 00:00:00+00' + ${pick('i', 12, 126_230_400)} * interval '1 second' + ${pick('i', 13, 1_000_000)} * interval '1 microsecond'
FROM (
  SELECT i, ${one('i', 1, firstNames)} AS first, ${one('i', 2, lastNames)} AS last FROM generate_series(1, 20000) AS i
) AS people;

CREATE TABLE shop.products (
  sku text PRIMARY KEY,
  name text NOT NULL,
  price numeric(8,2) NOT NULL,
  weight double precision,
  attributes jsonb NOT NULL
);
INSERT INTO shop.products
SELECT 'SKU-' || lpad(i::text, 4, '0'), ${one('i', 1, looks)} || ' ' || lower(${one('i', 2, goods)}), (199 + ${pick('i', 3, 20_000)}) / 100.0,
  CASE WHEN ${pick('i', 4, 8)} > 0 THEN ${pick('i', 5, 5000)} / 1000.0 END,
  jsonb_build_object('size', ${one('i', 6, ['S', 'M', 'L'])}, 'stock', ${pick('i', 7, 500)}, 'colors', jsonb_build_array(${one('i', 8, ['red', 'blue'])}))
FROM generate_series(1, 500) AS i;

CREATE TABLE shop.orders (
  id bigint PRIMARY KEY,
  customer_id bigint NOT NULL REFERENCES shop.customers,
  sku text NOT NULL REFERENCES shop.products,
  reference uuid NOT NULL,
  status shop.order_status NOT NULL,
  quantity integer NOT NULL,
  total numeric(12,2) NOT NULL,
  ordered_at timestamptz NOT NULL,
  delivered_on date,
  comment text
);
COMMENT ON TABLE shop.orders IS 'Some 200 000 orders, the oldest from 2022';
INSERT INTO shop.orders
SELECT i, 1 + ${pick('i', 1, 20_000)}, sku, md5('order ' || i)::uuid,
  (enum_range(NULL::shop.order_status))[1 + ${pick('i', 3, 5)}], quantity, quantity * price,
  timestamptz '2022-01-01 00:00:00+00' + i * interval '9 minutes 13.000007 seconds',
  CASE WHEN ${pick('i', 3, 5)} >= 3 THEN date '2022-01-01' + (i / 156)::int + 2 END,
  CASE WHEN ${pick('i', 5, 15)} = 0 THEN ${one('i', 6, notes)} END
FROM (
  SELECT i, 'SKU-' || lpad((1 + ${pick('i', 2, 500)})::text, 4, '0') AS sku, 1 + ${pick('i', 4, 5)}::int AS quantity
  FROM generate_series(1, 200000) AS i
) AS placed JOIN shop.products USING (sku) ORDER BY i;
CREATE INDEX ON shop.orders (customer_id);

CREATE TABLE shop.events (
  id uuid PRIMARY KEY,
  at timestamptz NOT NULL,
  kind text NOT NULL,
  payload jsonb NOT NULL
);
INSERT INTO shop.events
SELECT md5('event ' || i)::uuid, timestamptz '2024-01-01 00:00:00+00' + i * interval '4 minutes 11.25 seconds', ${one('i', 1, kinds)},
  jsonb_build_object('customer', 1 + ${pick('i', 2, 20_000)}, 'path', '/' || lower(${one('i', 3, goods)}) || '/' || ${pick('i', 4, 900)},
    'ms', ${pick('i', 5, 90_000)} / 100.0, 'mobile', ${pick('i', 6, 2)} = 0, 'query', CASE WHEN ${pick('i', 7, 3)} = 0 THEN ${one('i', 8, goods)} END)
FROM generate_series(1, 100000) AS i;

CREATE TABLE shop.measurements (
  sensor integer NOT NULL,
  at timestamptz NOT NULL,
  celsius double precision,
  humidity real,
  PRIMARY KEY (sensor, at)
) PARTITION BY RANGE (at);
${[1, 2, 3, 4, 5, 6]
  .map(
    (month) =>
      `CREATE TABLE shop.measurements_2025_0${month} PARTITION OF shop.measurements FOR VALUES FROM ('2025-0${month}-01 00:00:00+00') TO ('2025-0${month + 1}-01 00:00:00+00');`,
  )
  .join('\n')}
INSERT INTO shop.measurements
SELECT sensor, at, CASE WHEN ${pick('n', 1, 50)} > 0 THEN round((12 + ${pick('n', 2, 2000)} / 100.0)::numeric, 2) END, ${pick('n', 3, 1000)} / 10.0
FROM (
  SELECT sensor, at, extract(epoch FROM at)::bigint * 100 + sensor AS n FROM generate_series(1, 12) AS sensor,
    generate_series(timestamptz '2025-01-01 00:00:00+00', '2025-06-30 23:30:00+00', interval '30 minutes') AS at
) AS taken;

CREATE VIEW shop.revenue_by_country AS
SELECT country, count(*) AS orders, sum(total) AS revenue
FROM shop.orders JOIN shop.customers ON customers.id = customer_id GROUP BY country;

CREATE MATERIALIZED VIEW shop.revenue_by_month AS
SELECT date_trunc('month', ordered_at AT TIME ZONE 'UTC')::date AS month, sum(total) AS revenue
FROM shop.orders GROUP BY 1;
`;
