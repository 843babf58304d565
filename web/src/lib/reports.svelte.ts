// What others report about our mail.
import { api, problemText, type ReportRow, type ReportSummary } from './api/client';
import { addressOf, type Wanted } from './report_address';

const DAY_MS = 86_400_000;

class Reports {
  items = $state<ReportRow[]>([]);
  summary = $state<ReportSummary | null>(null);
  next = $state<number | null>(null);
  loaded = $state(false);
  trouble = $state('');
  /** Where the page was last, for the way back from one report. */
  address = $state('/reports');
  #query: { domain?: string; kind?: 'dmarc' | 'tls'; since?: string } = {};
  /** Answers that were overtaken by a newer question are dropped. */
  #asked = 0;

  async load(wanted: Wanted): Promise<void> {
    const asked = ++this.#asked;
    this.address = addressOf(wanted);
    const since = wanted.days ? new Date(Date.now() - wanted.days * DAY_MS).toISOString() : undefined;
    const query = { kind: wanted.kind || undefined, domain: wanted.domain || undefined, since };
    this.#query = query;
    const [list, summary] = await Promise.all([
      api.GET('/reports', { params: { query } }),
      // Every domain: the choice offers them.
      api.GET('/reports/summary', { params: { query: { ...query, domain: undefined } } })
    ]);
    if (asked !== this.#asked) return;
    const error = list.error ?? summary.error;
    this.trouble = error ? problemText(error) : '';
    if (list.data) {
      this.items = list.data.items;
      this.next = list.data.next;
    }
    if (summary.data) this.summary = summary.data;
    this.loaded = true;
  }

  async more(): Promise<void> {
    const asked = ++this.#asked;
    const query = { ...this.#query, cursor: this.next ?? undefined };
    const { data, error } = await api.GET('/reports', { params: { query } });
    if (asked !== this.#asked) return;
    this.trouble = error ? problemText(error) : '';
    if (!data) return;
    this.items = [...this.items, ...data.items];
    this.next = data.next;
  }
}

export const reports = new Reports();
