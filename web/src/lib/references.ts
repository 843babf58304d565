// Cuts a text into runs, so that references can be shown as chips without any HTML from outside.

export type Run = { text: string; reference: boolean };

/** The text in order; a run is a reference where one of the ticket's stands there, whatever its case. */
export function runs(text: string, references: string[]): Run[] {
  const known = references.filter((reference) => reference.length >= 3).sort((a, b) => b.length - a.length);
  if (known.length === 0) return text ? [{ text, reference: false }] : [];
  const escaped = known.map((reference) => reference.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}])(${escaped.join('|')})(?![\\p{L}\\p{N}])`, 'giu');
  return text
    .split(pattern)
    .map((part, index) => ({ text: part, reference: index % 2 === 1 }))
    .filter((run) => run.text !== '');
}
