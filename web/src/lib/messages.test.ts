import { expect, test } from 'vitest';

import en from '../../messages/en.json';
import pt from '../../messages/pt.json';
import ru from '../../messages/ru.json';

const placeholders = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();

test.each([
  ['ru', ru],
  ['pt', pt]
])('%s says everything that English says, with the same values in it', (_, messages) => {
  expect(Object.keys(messages).sort()).toEqual(Object.keys(en).sort());
  for (const [key, text] of Object.entries(en))
    expect(placeholders(messages[key as keyof typeof en]), key).toEqual(placeholders(text));
});
