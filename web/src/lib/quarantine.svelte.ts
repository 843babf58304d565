// Letters that are kept apart, and their release.
import { api, problemText, type QuarantinedLetter } from './api/client';
import { list } from './list.svelte';
import { m } from './messages';

class Quarantine {
  items = $state<QuarantinedLetter[]>([]);
  next = $state<string | null>(null);
  loaded = $state(false);
  trouble = $state('');

  async load(): Promise<void> {
    const { data, error } = await api.GET('/quarantine');
    this.trouble = error ? problemText(error) : '';
    if (!data) return;
    this.items = data.items;
    this.next = data.next;
    this.loaded = true;
  }

  async more(): Promise<void> {
    if (!this.next) return;
    const { data, error } = await api.GET('/quarantine', { params: { query: { cursor: this.next } } });
    this.trouble = error ? problemText(error) : '';
    if (!data) return;
    const known = new Set(this.items.map((item) => item.id));
    this.items.push(...data.items.filter((item) => !known.has(item.id)));
    this.next = data.next;
  }

  async release(id: number): Promise<void> {
    const { error, response } = await api.POST('/quarantine/{id}/release', { params: { path: { id } } });
    if (error) {
      this.trouble = m.failed({ why: problemText(error) });
      return;
    }
    this.trouble = '';
    this.items = this.items.filter((item) => item.id !== id);
    await list.load(Number(response.headers.get('Mxdesk-Position')) || undefined);
  }
}

export const quarantine = new Quarantine();
