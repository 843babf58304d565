// Live updates: server-sent events whose ids are feed positions, so that the browser resumes exactly where it was.
import { m } from '$lib/messages';

import type { components } from './api/schema';
import { conversation } from './conversation.svelte';
import { list } from './list.svelte';
import { queue } from './queue.svelte';
import { session } from './session.svelte';

/** Under load the desk changes a thousand times a second; people read slower. */
const CALM_MS = 250;

const RETRY_MS = 2000;

type LiveEvent = components['schemas']['LiveEvent'];

class Live {
  connected = $state(false);
  /** Said by screen readers. */
  announcement = $state('');
  #source: EventSource | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #touched = new Set<number>();
  /** Something may have been missed. */
  #everything = false;

  start(): void {
    this.stop();
    const source = new EventSource('/api/v1/events');
    source.onopen = () => {
      this.#readAnew();
      this.connected = true;
    };
    source.onerror = () => {
      this.connected = false;
      // The browser resumes by itself, unless the server refused.
      if (source.readyState === EventSource.CLOSED) this.#retry = setTimeout(() => this.start(), RETRY_MS);
    };
    for (const name of ['ticket', 'message', 'delivery'])
      source.addEventListener(name, (event: MessageEvent<string>) => this.#changed(name, event));
    source.addEventListener('directory', () => void session.loadDirectory());
    source.addEventListener('reset', () => this.#readAnew());
    this.#source = source;
  }

  stop(): void {
    this.#source?.close();
    this.#source = undefined;
    clearTimeout(this.#retry);
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.connected = false;
  }

  #changed(name: string, event: MessageEvent<string>): void {
    const { ticket, display } = JSON.parse(event.data) as LiveEvent;
    if (ticket !== undefined) this.#touched.add(ticket);
    if (name === 'message' && display) this.announcement = m.new_ticket_arrived({ display });
    this.#soon();
  }

  #readAnew(): void {
    this.#everything = true;
    this.#soon();
  }

  #soon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void list.load();
      void queue.refresh();
      const open = conversation.ticket?.number;
      if (open === undefined || this.#everything || this.#touched.has(open)) void conversation.refresh();
      this.#touched.clear();
      this.#everything = false;
    }, CALM_MS);
  }
}

export const live = new Live();
