// Mailings: one text to many addresses, and what became of the letters.
import { api, problemText, type Mailing, type NewMailing } from './api/client';

class Mailings {
  items = $state<Mailing[]>([]);
  next = $state<number | null>(null);
  /** Prefixes of the mailboxes that can write. */
  mailboxes = $state<string[]>([]);
  loaded = $state(false);
  busy = $state(false);
  trouble = $state('');
  /** Names the mailing in the form: pressing the button twice sends it once. */
  #key = crypto.randomUUID();

  async load(): Promise<void> {
    const [mailings, mailboxes] = await Promise.all([api.GET('/mailings'), api.GET('/mailboxes')]);
    const error = mailings.error ?? mailboxes.error;
    this.trouble = error ? problemText(error) : '';
    if (mailboxes.data) this.mailboxes = mailboxes.data.items.map(({ prefix }) => prefix);
    if (!mailings.data) return;
    this.items = mailings.data.items;
    this.next = mailings.data.next;
    this.loaded = true;
  }

  async more(): Promise<void> {
    if (this.next === null) return;
    const { data, error } = await api.GET('/mailings', { params: { query: { cursor: this.next } } });
    this.trouble = error ? problemText(error) : '';
    if (!data) return;
    const known = new Set(this.items.map(({ id }) => id));
    this.items.push(...data.items.filter(({ id }) => !known.has(id)));
    this.next = data.next;
  }

  /** Whether it was ordered. */
  async order(mailing: NewMailing): Promise<boolean> {
    this.busy = true;
    const { data, error } = await api.POST('/mailings', {
      params: { header: { 'Idempotency-Key': this.#key } },
      body: mailing
    });
    this.busy = false;
    this.trouble = error ? problemText(error) : '';
    // What was refused may be mended, and is another mailing then.
    this.#key = crypto.randomUUID();
    if (!data) return false;
    this.items.unshift(data);
    return true;
  }

  async recall(id: number): Promise<void> {
    const { data, error } = await api.POST('/mailings/{id}/recall', { params: { path: { id } } });
    this.trouble = error ? problemText(error) : '';
    if (data) this.#put(data);
  }

  /** Asks again for those whose letters are on their way. */
  async refresh(): Promise<void> {
    for (const { id, counts } of this.items) {
      if (counts.waiting + counts.queued === 0) continue;
      const { data } = await api.GET('/mailings/{id}', { params: { path: { id } } });
      if (data) this.#put(data);
    }
  }

  #put(mailing: Mailing): void {
    this.items = this.items.map((known) => (known.id === mailing.id ? mailing : known));
  }
}

export const mailings = new Mailings();
