// Which of the two editors of the open ticket are open.
import { tick } from 'svelte';

import { keepDraft, readDraft } from './drafts';
import type { KeptFile } from './files.svelte';

type Kind = 'reply' | 'note';

class Composer {
  reply = $state(false);
  note = $state(false);

  /** Another ticket: an editor is open where something is being written. */
  begin(ticket: number): void {
    const reply = readDraft(ticket, 'reply');
    this.reply = reply.text !== '' || (reply.files ?? []).length > 0;
    this.note = readDraft(ticket, 'note').text !== '';
  }

  /** Opens an editor and puts the cursor into it. */
  async show(kind: Kind): Promise<void> {
    this[kind] = true;
    await tick();
    document.getElementById(kind)?.focus();
  }

  /** A reply that was taken back is in its editor again, before what was begun since. What came behind it counts as not seen. */
  async takeBack(ticket: number, text: string, seen: number, files: KeptFile[]): Promise<void> {
    this.reply = false;
    await tick();
    const begun = readDraft(ticket, 'reply');
    keepDraft(ticket, 'reply', {
      text: begun.text ? `${text}\n\n${begun.text}` : text,
      seen,
      files: [...files, ...(begun.files ?? [])]
    });
    await this.show('reply');
  }

  /** Closes an editor; what is written stays. */
  async hide(kind: Kind): Promise<void> {
    this[kind] = false;
    await tick();
    document.getElementById(`begin-${kind}`)?.focus();
  }
}

export const composer = new Composer();
