import { expect, test } from 'vitest';

import { count, share } from './share';

test('only the whole is a hundred per cent', () => {
  expect(share(1204, 1204)).toBe('100%');
  expect(share(99_999, 100_000)).toBe('99.9%');
  expect(share(97, 100)).toBe('97%');
  expect(share(0, 5)).toBe('0%');
  expect(share(0, 0)).toBe('0%');
});

test('a number has its thousands apart', () => {
  expect(count(1204)).toBe('1,204');
});
