import { expect, test } from 'vitest';

import { runs } from './references';

test('a reference is a run of its own', () => {
  expect(runs('Where is SO-2024/000123?', ['SO-2024/000123'])).toEqual([
    { text: 'Where is ', reference: false },
    { text: 'SO-2024/000123', reference: true },
    { text: '?', reference: false }
  ]);
});

test('a reference inside a longer number is not one', () => {
  expect(runs('call 1234567', ['4567'])).toEqual([{ text: 'call 1234567', reference: false }]);
});

test('the runs are the whole text', () => {
  const text = 'a (1234) b 1234.5 c';
  expect(
    runs(text, ['1234', '(1234)'])
      .map((run) => run.text)
      .join('')
  ).toBe(text);
});
