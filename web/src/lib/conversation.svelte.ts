// The open ticket, and what an operator does to it.
import { SvelteSet } from 'svelte/reactivity';

import { m } from '$lib/messages';

import { api, problemText, type Status, type Ticket, type TicketRow } from './api/client';
import { composer } from './composer.svelte';
import { list } from './list.svelte';
import { seen } from './seen.svelte';
import { session } from './session.svelte';

type Patch = { status?: Status; priority?: Ticket['priority']; assignee?: number | null; tags?: string[] };
export type Writing = {
  text: string;
  attachments?: number[];
  status?: Status;
  seen?: number;
  key: string;
  even_if_suppressed?: boolean;
  require_tls?: boolean;
};

class Conversation {
  ticket = $state<Ticket | null>(null);
  /** When it was read, on the page's own clock: what is told in milliseconds left counts from here. */
  readAt = $state(0);
  others = $state<TicketRow[]>([]);
  /** Messages that came while the ticket is open. */
  fresh = new SvelteSet<number>();
  /** What went wrong with the last thing that was tried. */
  trouble = $state('');
  #number = '';
  /** Answers that were overtaken by a newer one are dropped. */
  #asked = 0;
  #taken = 0;
  /** Changes go one after the other: each builds on what the one before made. */
  #changes: Promise<void> = Promise.resolve();

  async open(number: string): Promise<void> {
    if (this.#number !== number) {
      this.close();
      this.#number = number;
    }
    await this.refresh();
  }

  close(): void {
    this.#number = '';
    this.ticket = null;
    this.others = [];
    this.fresh.clear();
    this.trouble = '';
  }

  async refresh(): Promise<void> {
    const number = this.#number;
    if (!number) return;
    const asked = ++this.#asked;
    const { data, error } = await api.GET('/tickets/{number}', { params: { path: { number } } });
    if (number !== this.#number || asked < this.#taken) return;
    this.#taken = asked;
    if (error) {
      // What is on screen stays; the next event or reconnect reads it anew.
      if (!this.ticket) this.trouble = problemText(error);
      return;
    }
    this.#take(data);
    const contact = data.contact?.id;
    if (contact === undefined) return;
    const others = await api.GET('/tickets', { params: { query: { contact, limit: 10 } } });
    if (number === this.#number)
      this.others = (others.data?.items ?? []).filter((row) => row.number !== data.number);
  }

  /** Changes the ticket as it was seen: a change by somebody else in between is shown, not overwritten. */
  change(patch: Patch): Promise<void> {
    const seen = this.ticket;
    if (seen) this.#changes = this.#changes.then(() => this.#change(seen, patch));
    return this.#changes;
  }

  /** Sends a reply or adds a note; answers why it was not taken, or nothing. */
  async write(ticket: number, kind: 'reply' | 'note', writing: Writing): Promise<string> {
    const { key, ...body } = writing;
    const { error, response } = await api.POST('/tickets/{number}/messages', {
      params: { path: { number: String(ticket) }, header: { 'Idempotency-Key': key } },
      body: { kind, ...body }
    });
    await this.#after(response);
    if (!error) return '';
    const unseen = response.status === 409 && error.type.endsWith(':unseen_message');
    return unseen ? m.unseen() : m.failed({ why: problemText(error) });
  }

  /** Takes a reply back before it leaves; its text is in the editor again. */
  async recall(ticket: number, message: number): Promise<void> {
    const { data, error, response } = await api.POST('/messages/{id}/recall', {
      params: { path: { id: message } }
    });
    this.trouble = error ? m.failed({ why: problemText(error) }) : '';
    await this.#after(response);
    if (!data || this.ticket?.number !== ticket) return;
    // Only who uploaded a file can attach it again.
    const ours = data.author?.id === session.operator?.id;
    const files = data.uploads.flatMap((id, index) => {
      const attachment = data.attachments[index];
      return ours && attachment ? { id, name: attachment.name, size: attachment.size } : [];
    });
    await composer.takeBack(ticket, data.text, data.id, files);
  }

  async #change(seen: Ticket, patch: Patch): Promise<void> {
    const ticket = this.ticket?.number === seen.number ? this.ticket : seen;
    const { error, response } = await api.PATCH('/tickets/{number}', {
      params: { path: { number: String(ticket.number) }, header: { 'If-Match': String(ticket.version) } },
      body: patch
    });
    this.trouble = !error ? '' : response.status === 412 ? m.stale() : m.failed({ why: problemText(error) });
    await this.#after(response);
  }

  /** Releases a letter from quarantine: its ticket opens. */
  async release(id: number): Promise<void> {
    const { error, response } = await api.POST('/quarantine/{id}/release', { params: { path: { id } } });
    this.trouble = error ? m.failed({ why: problemText(error) }) : '';
    await this.#after(response);
  }

  #take(ticket: Ticket): void {
    const before = this.ticket?.number === ticket.number ? this.ticket.messages : undefined;
    if (!before) composer.begin(ticket.number);
    const known = new Set(before?.map((message) => message.id));
    for (const message of before ? ticket.messages : [])
      if (message.kind === 'inbound' && !known.has(message.id)) this.fresh.add(message.id);
    this.ticket = ticket;
    this.readAt = performance.now();
    if (document.visibilityState === 'visible') seen.mark(ticket);
  }

  async #after(response: Response): Promise<void> {
    const position = Number(response.headers.get('Mxdesk-Position')) || undefined;
    await Promise.all([this.refresh(), list.load(position)]);
  }
}

export const conversation = new Conversation();
