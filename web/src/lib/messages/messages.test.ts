import { expect, test } from 'vitest';

import { choose, fill, m } from '.';
import { en } from './en';
import { pt } from './pt';
import { ru } from './ru';

const placeholders = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();

test.each([
  ['ru', ru],
  ['pt', pt]
])('%s has the same values in its messages as English', (_, messages) => {
  for (const [key, text] of Object.entries(en))
    expect(placeholders(messages[key as keyof typeof en]), key).toEqual(placeholders(text));
});

test('values are put in as they are', () => {
  expect(m.reply_to({ address: 'anna@example.org' })).toBe('Reply to anna@example.org');
  expect(fill('{a} and {b}', { a: '$&{b}', b: 2 })).toBe('$&{b} and 2');
});

test("the first language that the panel speaks is the operator's", () => {
  expect(choose(['', 'de-DE', 'pt-BR', 'ru'])).toBe('pt');
  expect(choose(['RU'])).toBe('ru');
  expect(choose(['de', 'constructor'])).toBe('en');
  expect(choose([])).toBe('en');
});
