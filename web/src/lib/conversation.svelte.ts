// The open ticket, and what an operator does to it.
import { m } from '$lib/paraglide/messages';

import { api, problemText, type Status, type Ticket, type TicketRow } from './api/client';
import { list } from './list.svelte';

type Patch = { status?: Status; priority?: Ticket['priority']; assignee?: number | null; tags?: string[] };

class Conversation {
  ticket = $state<Ticket | null>(null);
  others = $state<TicketRow[]>([]);
  /** What went wrong with the last thing that was tried. */
  trouble = $state('');
  #number = '';

  async open(number: string): Promise<void> {
    if (this.#number !== number) {
      this.#number = number;
      this.ticket = null;
      this.others = [];
      this.trouble = '';
    }
    await this.refresh();
  }

  close(): void {
    this.#number = '';
    this.ticket = null;
  }

  async refresh(): Promise<void> {
    const number = this.#number;
    if (!number) return;
    const { data, error } = await api.GET('/tickets/{number}', { params: { path: { number } } });
    if (number !== this.#number) return;
    if (error) {
      this.trouble = problemText(error);
      return;
    }
    this.ticket = data;
    const contact = data.contact?.id;
    if (contact === undefined) return;
    const others = await api.GET('/tickets', { params: { query: { contact, limit: 10 } } });
    if (number === this.#number)
      this.others = (others.data?.items ?? []).filter((row) => row.number !== data.number);
  }

  /** Changes the ticket as it was seen: a change by somebody else in between is shown, not overwritten. */
  async change(patch: Patch): Promise<void> {
    const { ticket } = this;
    if (!ticket) return;
    const { error, response } = await api.PATCH('/tickets/{number}', {
      params: { path: { number: String(ticket.number) }, header: { 'If-Match': String(ticket.version) } },
      body: patch
    });
    this.trouble = !error ? '' : response.status === 412 ? m.stale() : m.failed({ why: problemText(error) });
    await this.#after(response);
  }

  /** Answers whether it was taken. */
  async write(
    kind: 'reply' | 'note',
    text: string,
    status: Status | undefined,
    key: string
  ): Promise<boolean> {
    const { ticket } = this;
    if (!ticket) return false;
    const { error, response } = await api.POST('/tickets/{number}/messages', {
      params: { path: { number: String(ticket.number) }, header: { 'Idempotency-Key': key } },
      body: { kind, text, status, seen: ticket.messages.at(-1)?.id }
    });
    this.trouble = !error ? '' : response.status === 409 ? m.unseen() : m.failed({ why: problemText(error) });
    await this.#after(response);
    return !error;
  }

  async #after(response: Response): Promise<void> {
    const position = Number(response.headers.get('Mxdesk-Position')) || undefined;
    await Promise.all([this.refresh(), list.load(position)]);
  }
}

export const conversation = new Conversation();
