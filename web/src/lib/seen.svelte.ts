// Which letters this operator has seen, kept in this browser: a row stands out until its newest letter was on screen.
import type { TicketRow } from './api/client';

const KEY = 'seen';
/** Tickets that are remembered; the oldest are forgotten first. */
const LIMIT = 2000;

class Seen {
  /** Time of the newest message seen, by ticket number. */
  #upTo = $state<Record<string, string>>(JSON.parse(localStorage.getItem(KEY) ?? '{}'));

  isUnread(row: TicketRow): boolean {
    return row.waiting_since !== null && row.last_message_at > (this.#upTo[row.number] ?? '');
  }

  mark(row: TicketRow): void {
    if (this.#upTo[row.number] === row.last_message_at) return;
    this.#upTo[row.number] = row.last_message_at;
    const known = Object.entries(this.#upTo);
    if (known.length > LIMIT) {
      const newest = known.sort(([, a], [, b]) => (a < b ? 1 : -1)).slice(0, LIMIT / 2);
      this.#upTo = Object.fromEntries(newest);
    }
    localStorage.setItem(KEY, JSON.stringify(this.#upTo));
  }
}

export const seen = new Seen();
