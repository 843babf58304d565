// The list: one view or one search, page by page.
import { SvelteSet } from 'svelte/reactivity';

import { api, problemText, type Counts, type Status, type TicketRow } from './api/client';

export type View = 'todo' | 'mine' | 'waiting' | 'done' | 'all';

const VIEWS: Record<View, { status?: Status[]; assignee?: string; order?: 'waiting' | 'last_message' }> = {
  todo: { status: ['new', 'open'], order: 'waiting' },
  mine: { status: ['new', 'open', 'pending', 'on_hold'], assignee: 'me', order: 'waiting' },
  waiting: { status: ['pending', 'on_hold'] },
  done: { status: ['solved', 'closed', 'spam'] },
  all: {}
};

const PAGE = 50;

class TicketList {
  view = $state<View>('todo');
  query = $state('');
  items = $state<TicketRow[]>([]);
  next = $state<string | null>(null);
  counts = $state<Counts | null>(null);
  loaded = $state(false);
  failed = $state('');
  /** Tickets that came, or got a message, while the list was on screen. */
  arrived = new SvelteSet<number>();
  /** Answers that were overtaken by a newer one are dropped, and all those of another view or search. */
  #asked = 0;
  #taken = 0;
  #generation = 0;

  async load(minimum?: number): Promise<void> {
    const asked = ++this.#asked;
    const generation = this.#generation;
    const size = Math.min(200, Math.max(PAGE, this.items.length));
    const [page, counts] = await Promise.all([
      this.#page({ limit: size, min_pos: minimum }),
      api.GET('/board/counts', { params: { query: { min_pos: minimum } } })
    ]);
    if (generation !== this.#generation || asked < this.#taken) return;
    this.#taken = asked;
    this.failed = page.error && !this.loaded ? problemText(page.error) : '';
    if (page.data) {
      if (this.loaded) this.#compare(page.data.items);
      this.items = page.data.items;
      this.next = page.data.next;
      this.loaded = true;
    }
    this.counts = counts.data ?? this.counts;
  }

  async more(): Promise<void> {
    if (!this.next) return;
    const generation = this.#generation;
    const { data } = await this.#page({ limit: PAGE, cursor: this.next });
    if (!data || generation !== this.#generation) return;
    const known = new Set(this.items.map((row) => row.number));
    this.items.push(...data.items.filter((row) => !known.has(row.number)));
    this.next = data.next;
  }

  show(view: View): Promise<void> {
    this.view = view;
    this.query = '';
    return this.#anew();
  }

  search(query: string): Promise<void> {
    this.query = query.trim();
    return this.#anew();
  }

  /** How many tickets a view holds; `null` where that is not counted. */
  count(view: View): number | null {
    const { status, assignee } = VIEWS[view];
    if (!this.counts || assignee) return null;
    if (!status) return this.counts.total;
    return status.reduce((sum, word) => sum + (this.counts?.status[word] ?? 0), 0);
  }

  #anew(): Promise<void> {
    this.#generation += 1;
    this.items = [];
    this.next = null;
    this.loaded = false;
    this.arrived.clear();
    return this.load();
  }

  #compare(rows: TicketRow[]): void {
    const before = new Map(this.items.map((row) => [row.number, row.last_message_at]));
    for (const { number, last_message_at } of rows)
      if (before.get(number) !== last_message_at) this.arrived.add(number);
  }

  #page(page: { limit: number; cursor?: string; min_pos?: number }) {
    if (this.query) return api.GET('/tickets', { params: { query: { q: this.query, ...page } } });
    const { status, assignee, order } = VIEWS[this.view];
    return api.GET('/tickets', {
      params: { query: { status: status?.join(','), assignee, order, ...page } }
    });
  }
}

export const list = new TicketList();
