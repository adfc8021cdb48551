/** What the double of the engine answers about databases; each answer is replaced by tests where it matters. */
import { implement, type Router } from '@orpc/server';
import { contract } from '../../shared/contract.ts';
import type {
  Catalog,
  ConnectionDraft,
  ConnectionProfile,
  ConnectionReport,
  Description,
  Estimate,
  ExportSource,
  Importable,
  Preview,
  RelationDetail,
} from '../../shared/database.ts';
import type { ExportFormat, ExportRequest } from '../../shared/export.ts';
import { rethrow, type NoContext, type Note } from './answers.ts';
import { queued } from './queued.ts';

export class DatabaseDouble {
  profiles: ConnectionProfile[] = [];
  importable: Importable[] = [];
  catalogs: Record<string, Catalog> = {};
  completions: Record<string, string[]> = {};
  parse: (text: string) => ConnectionDraft = () => unanswered('parse');
  test: (draft: ConnectionDraft, signal?: AbortSignal) => Promise<ConnectionReport> = () => unanswered('test');
  sample: () => Promise<ConnectionProfile> = () => unanswered('sample');
  relation: (schema: string, name: string) => RelationDetail = () => unanswered('relation');
  describe: (sql: string) => Description = () => ({ columns: [], parameters: [] });
  preview: (source: ExportSource, signal?: AbortSignal) => Promise<Preview> = () => unanswered('preview');
  estimate: (source: ExportSource) => Estimate = () => ({ rows: 0, width: 0, parallel: false, plan: '' });
  count: (source: ExportSource, signal?: AbortSignal) => Promise<number> = () => unanswered('count');
  exported: (request: ExportRequest) => string = () => 'exported';
  sampleText: (source: ExportSource, format: ExportFormat) => string = () => '';
  fileName: (source: ExportSource, format: ExportFormat, compression: string) => string = () => 'export.csv';
  private readonly note: Note;
  private readonly watchers = new Set<() => void>();

  constructor(note: Note) {
    this.note = note;
  }

  /** Changes what is kept, and tells all windows. */
  change(profiles: ConnectionProfile[]): void {
    this.profiles = profiles;
    for (const watcher of this.watchers) watcher();
  }

  private async *watch(signal: AbortSignal | undefined): AsyncGenerator<ConnectionProfile[]> {
    yield this.profiles;
    for await (const _ of queued<void>(this.watchers, signal)) yield this.profiles;
  }

  private save({ password, sshPassword, passwordOf, ...draft }: ConnectionDraft): ConnectionProfile {
    const kept = this.profiles.find(({ id }) => id === draft.id);
    const profile: ConnectionProfile = {
      ...draft,
      id: draft.id ?? `connection-${this.profiles.length + 1}`,
      hasPassword:
        password === undefined ? passwordOf !== undefined || (kept?.hasPassword ?? false) : password !== null,
      hasSshPassword: sshPassword === undefined ? (kept?.hasSshPassword ?? false) : sshPassword !== null,
      sample: kept?.sample ?? false,
    };
    this.change(
      kept ? this.profiles.map((old) => (old.id === profile.id ? profile : old)) : [...this.profiles, profile],
    );
    return profile;
  }

  connections(): Router<typeof contract.connections, NoContext> {
    const os = implement(contract.connections);
    const noted =
      <I, R>(name: string, answer: (input: I, signal: AbortSignal | undefined) => R | Promise<R>) =>
      async ({ input, signal }: { input: I; signal?: AbortSignal | undefined }): Promise<R> => {
        this.note(`connections.${name}`, input);
        try {
          return await answer(input, signal);
        } catch (error) {
          return rethrow(error);
        }
      };
    return {
      list: os.list.handler(noted('list', () => this.profiles)),
      watch: os.watch.handler(({ signal }) => this.watch(signal)),
      save: os.save.handler(noted('save', (draft) => this.save(draft))),
      remove: os.remove.handler(
        noted('remove', ({ id }) => this.change(this.profiles.filter((profile) => profile.id !== id))),
      ),
      parse: os.parse.handler(noted('parse', ({ text }) => this.parse(text))),
      importable: os.importable.handler(noted('importable', () => this.importable)),
      test: os.test.handler(noted('test', (draft, signal) => this.test(draft, signal))),
      sample: os.sample.handler(
        noted('sample', async () => {
          const profile = await this.sample();
          this.change([...this.profiles.filter(({ id }) => id !== profile.id), profile]);
          return profile;
        }),
      ),
      catalog: os.catalog.handler(noted('catalog', ({ id }) => this.catalogs[id] ?? { schemas: [] })),
      relation: os.relation.handler(noted('relation', ({ schema, name }) => this.relation(schema, name))),
      completion: os.completion.handler(noted('completion', () => this.completions)),
      describe: os.describe.handler(noted('describe', ({ sql }) => this.describe(sql))),
      preview: os.preview.handler(noted('preview', ({ source }, signal) => this.preview(source, signal))),
      estimate: os.estimate.handler(noted('estimate', ({ source }) => this.estimate(source))),
      count: os.count.handler(
        noted('count', async ({ source }, signal) => ({ rows: await this.count(source, signal) })),
      ),
    };
  }

  exports(): Router<typeof contract.exports, NoContext> {
    const os = implement(contract.exports);
    return {
      add: os.add.handler(({ input }) => {
        this.note('exports.add', input);
        try {
          return { id: this.exported(input) };
        } catch (error) {
          return rethrow(error);
        }
      }),
      sample: os.sample.handler(({ input }) => {
        this.note('exports.sample', input);
        return { text: this.sampleText(input.source, input.format) };
      }),
      name: os.name.handler(({ input }) => {
        this.note('exports.name', input);
        return { name: this.fileName(input.source, input.format, input.compression) };
      }),
    };
  }
}

function unanswered(what: string): never {
  throw new Error(`The double has no answer for ${what}`);
}
