import { expect, test } from 'vitest';

import { runs } from './references';

const text = (text: string) => ({ text, kind: 'text' });
const reference = (text: string) => ({ text, kind: 'reference' });
const link = (text: string) => ({ text, kind: 'link' });

test('a reference is a run of its own', () => {
  expect(runs('Where is SO-2024/000123?', ['SO-2024/000123'])).toEqual([
    text('Where is '),
    reference('SO-2024/000123'),
    text('?')
  ]);
});

test('a reference inside a longer number is not one', () => {
  expect(runs('call 1234567', ['4567'])).toEqual([text('call 1234567')]);
});

test('a web address is a link up to the end of its sentence', () => {
  expect(runs('See https://shop.example/o?id=1. Thanks', [])).toEqual([
    text('See '),
    link('https://shop.example/o?id=1'),
    text('. Thanks')
  ]);
  expect(runs('(HTTP://shop.example/a)', [])).toEqual([text('('), link('HTTP://shop.example/a'), text(')')]);
});

test('nothing else is a link', () => {
  for (const other of [
    'javascript:alert(1)',
    'data:text/html,x',
    'ftp://a.example/x',
    'https://',
    'mailto:a@b.c'
  ])
    expect(runs(other, [])).toEqual([text(other)]);
});

test('a reference inside a link stays part of it', () => {
  expect(runs('https://shop.example/4567 4567', ['4567'])).toEqual([
    link('https://shop.example/4567'),
    text(' '),
    reference('4567')
  ]);
});

test('the runs are the whole text', () => {
  const whole = 'a (1234) b 1234.5 c https://x.example/1234, d';
  expect(
    runs(whole, ['1234', '(1234)'])
      .map((run) => run.text)
      .join('')
  ).toBe(whole);
  expect(runs('', ['1234'])).toEqual([]);
});
