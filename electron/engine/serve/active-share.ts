/** A share that is on: its record, its readers and what they do. */
import type { Share, ShareDetail } from '../../../shared/share.ts';
import { RateMeter, TokenBucket } from '../flow/index.ts';
import { AccessLog } from './access-log.ts';
import { Coverage } from './coverage.ts';
import type { Service } from './service.ts';
import { withoutSecrets, type ShareRecord } from './share-record.ts';
import type { Transfer, TransferOwner } from './transfer.ts';

const MOST_RATES = 120;

export interface ActiveShareEvents {
  changed(): void;
  /** Has to be stored. */
  record(share: ActiveShare): void;
}

export class ActiveShare implements TransferOwner {
  record: ShareRecord;
  readonly token: string;
  readonly service: Service;
  readonly limit: TokenBucket;
  readonly transfers = new Set<Transfer>();
  readonly #events: ActiveShareEvents;
  readonly #meter = new RateMeter();
  readonly #rates: number[] = [];
  readonly log = new AccessLog();
  readonly #coverage = new Coverage();
  /** Answers that run, or went out and are not yet sure to have arrived. */
  readonly #unsure = new Set<Transfer>();
  /** When the last delivery was counted (ms since the epoch); of one before this start only that it is over is known. */
  #deliveredAt = Date.now();
  rate = 0;

  constructor(record: ShareRecord, token: string, service: Service, events: ActiveShareEvents) {
    this.record = record;
    this.token = token;
    this.service = service;
    this.#events = events;
    this.limit = new TokenBucket(record.options.limit);
  }

  /** When it expired (ms since the epoch); null while it is on. */
  expiredAt(now = Date.now()): number | null {
    const { expiresAt, deliveries } = this.record.options;
    if (expiresAt !== null && expiresAt <= now) return expiresAt;
    return deliveries === 0 ? this.#deliveredAt : null;
  }

  sent(transfer: Transfer, bytes: number, from: number | null): void {
    this.#meter.add(bytes);
    this.record.sent += bytes;
    if (from !== null) transfer.addSpan(from, from + bytes);
  }

  /** True where as many others are at it as there are deliveries left: each of them may have the whole. */
  isSpokenFor({ method, address }: Transfer): boolean {
    const { deliveries } = this.record.options;
    if (deliveries === null || method !== 'GET') return false;
    const others = new Set([...this.#unsure].map((one) => one.address));
    return !others.has(address) && others.size >= deliveries;
  }

  begin(transfer: Transfer): void {
    this.transfers.add(transfer);
    if (this.record.options.deliveries !== null && transfer.method === 'GET') this.#unsure.add(transfer);
    this.#events.changed();
  }

  /** The answer is over, whole or not. */
  end(transfer: Transfer): void {
    this.transfers.delete(transfer);
    const { response, sent } = transfer;
    this.log.answered({
      at: transfer.since,
      address: transfer.address,
      method: transfer.method,
      path: transfer.path,
      status: response.headersSent ? response.statusCode : 0,
      sent,
      took: Math.round(performance.now() - transfer.began),
    });
    this.#events.changed();
  }

  /**
   * Counts what a reader has got, once it is as sure as it can be: `isSure` after the reader asked for something else or
   * closed in order, not when the system took the bytes.
   */
  delivered(transfer: Transfer, isSure: boolean): void {
    this.#unsure.delete(transfer);
    const { subject, response, method, address: reader, spans, sent } = transfer;
    if (this.record.options.deliveries === null || subject === null) return;
    if (method !== 'GET' || !response.headersSent || ![200, 206].includes(response.statusCode)) return;
    if (this.#coverage.add({ reader, ...subject, spans, sent, isSure })) this.#countDelivery();
  }

  #countDelivery(): void {
    const { options } = this.record;
    if (options.deliveries === null || options.deliveries === 0) return;
    this.#deliveredAt = Date.now();
    this.record = { ...this.record, options: { ...options, deliveries: options.deliveries - 1 } };
    this.#events.record(this);
    if (options.deliveries === 1) this.endTransfers();
    this.#events.changed();
  }

  endTransfers(): void {
    for (const transfer of this.transfers) transfer.abort();
  }

  /** Called once a second. */
  tick(now: number): void {
    this.rate = this.#meter.sample(now);
    this.#rates.push(Math.round(this.rate));
    if (this.#rates.length > MOST_RATES) this.#rates.shift();
  }

  describe(links: readonly string[]): Share {
    const { id, target, options, password, createdAt, sent } = this.record;
    const at = this.expiredAt();
    const message = this.service.trouble;
    return {
      id,
      target: withoutSecrets(target),
      ...options,
      hasPassword: password !== null,
      createdAt,
      state: at !== null ? { kind: 'expired', at } : message !== null ? { kind: 'broken', message } : { kind: 'on' },
      links: [...links],
      size: this.service.size,
      readers: this.transfers.size,
      rate: this.rate,
      sent,
    };
  }

  detail(queue: ShareDetail['queue']): ShareDetail {
    const now = performance.now();
    return {
      id: this.record.id,
      readers: [...this.transfers].map((transfer) => transfer.describe(now)),
      log: this.log.list(),
      rates: [...this.#rates],
      queue,
    };
  }
}
