// Which of the two editors of the open ticket are open.
import { tick } from 'svelte';

import { readDraft } from './drafts';

type Kind = 'reply' | 'note';

class Composer {
  reply = $state(false);
  note = $state(false);

  /** Another ticket: an editor is open where something is being written. */
  begin(ticket: number): void {
    this.reply = readDraft(ticket, 'reply').text !== '';
    this.note = readDraft(ticket, 'note').text !== '';
  }

  /** Opens an editor and puts the cursor into it. */
  async show(kind: Kind): Promise<void> {
    this[kind] = true;
    await tick();
    document.getElementById(kind)?.focus();
  }

  /** Closes an editor; what is written stays. */
  async hide(kind: Kind): Promise<void> {
    this[kind] = false;
    await tick();
    document.getElementById(`begin-${kind}`)?.focus();
  }
}

export const composer = new Composer();
