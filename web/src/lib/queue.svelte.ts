// What waits to leave, as the queue's page shows it.
import { api, problemText, type Delivery, type Queued, type QueueOrder } from './api/client';
import { m } from './messages';

class Queue {
  items = $state<Queued[]>([]);
  state = $state<Delivery['state'] | ''>('');
  domain = $state('');
  trouble = $state('');
  /** There is more behind what is shown. */
  next = $state<string | null>(null);
  #open = false;
  /** Answers that were overtaken by a newer one are dropped. */
  #asked = 0;

  /** Answers how to close it. */
  open(): () => void {
    this.#open = true;
    void this.refresh();
    return () => (this.#open = false);
  }

  /** Reads the first page anew, where the page is open. */
  async refresh(): Promise<void> {
    if (this.#open) await this.#load();
  }

  async more(): Promise<void> {
    if (this.next) await this.#load(this.next);
  }

  async order(id: number, order: QueueOrder): Promise<void> {
    const { error } = await api.POST('/queue/{id}/{order}', { params: { path: { id, order } } });
    this.trouble = error ? m.failed({ why: problemText(error) }) : '';
    await this.#load();
  }

  async #load(cursor?: string): Promise<void> {
    const asked = ++this.#asked;
    const query = { state: this.state || undefined, domain: this.domain.trim() || undefined, cursor };
    const { data, error } = await api.GET('/queue', { params: { query } });
    if (asked !== this.#asked) return;
    if (error) {
      this.trouble = m.failed({ why: problemText(error) });
      return;
    }
    this.items = cursor ? [...this.items, ...data.items] : data.items;
    this.next = data.next;
  }
}

export const queue = new Queue();
