// What is being written, kept per ticket and kind while the browser's tab lives, so that looking elsewhere loses nothing.

const key = (number: number, kind: string) => `draft/${number}/${kind}`;

export const readDraft = (number: number, kind: 'reply' | 'note'): string =>
  sessionStorage.getItem(key(number, kind)) ?? '';

export function keepDraft(number: number, kind: 'reply' | 'note', text: string): void {
  if (text) sessionStorage.setItem(key(number, kind), text);
  else sessionStorage.removeItem(key(number, kind));
}
