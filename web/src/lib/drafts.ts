// What is being written, kept per ticket and kind while the browser's tab lives, so that looking elsewhere loses nothing.

import type { KeptFile } from './files.svelte';

export type Draft = {
  text: string;
  /** The newest message that was there when the writing began. */
  seen?: number;
  /** What is attached to a reply: the server has it. */
  files?: KeptFile[];
};

const key = (ticket: number, kind: string) => `draft/${ticket}/${kind}`;

export function readDraft(ticket: number, kind: 'reply' | 'note'): Draft {
  const kept = sessionStorage.getItem(key(ticket, kind));
  return kept ? (JSON.parse(kept) as Draft) : { text: '' };
}

export function keepDraft(ticket: number, kind: 'reply' | 'note', draft: Draft): void {
  if (draft.text || draft.files?.length) sessionStorage.setItem(key(ticket, kind), JSON.stringify(draft));
  else sessionStorage.removeItem(key(ticket, kind));
}
