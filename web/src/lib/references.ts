// Cuts a text into runs, so that references can be shown as chips and addresses as links without any HTML from outside.

export type Run = { text: string; kind: 'text' | 'reference' | 'link' };

/** A web address; what punctuation ends a sentence does not belong to it. */
const LINK = /(https?:\/\/[^\s<>"'«»“”]+[^\s<>"'«»“”.,:;!?)\]}])/giu;

/** The text in order; a run is a reference where one of the ticket's stands there, whatever its case. */
export function runs(text: string, references: string[]): Run[] {
  const pattern = anyOf(references.filter((reference) => reference.length >= 3));
  return split(text, LINK, 'link').flatMap((run) =>
    run.kind === 'text' && pattern ? split(run.text, pattern, 'reference') : [run]
  );
}

function anyOf(references: string[]): RegExp | undefined {
  if (references.length === 0) return undefined;
  const longestFirst = [...references].sort((a, b) => b.length - a.length);
  const escaped = longestFirst.map((reference) => reference.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`(?<![\\p{L}\\p{N}])(${escaped.join('|')})(?![\\p{L}\\p{N}])`, 'giu');
}

/** The pattern has one group: every second part of the split is what it found. */
function split(text: string, pattern: RegExp, kind: Run['kind']): Run[] {
  return text
    .split(pattern)
    .map((part, index): Run => ({ text: part, kind: index % 2 === 1 ? kind : 'text' }))
    .filter((run) => run.text !== '');
}
