import { expect, test } from 'vitest';

import { relative } from './time';

const now = Date.parse('2026-01-02T12:00:00Z');

test('a time is told in its largest unit', () => {
  expect(relative('2026-01-02T11:55:00Z', now)).toBe('5 min. ago');
  expect(relative('2026-01-02T14:00:00Z', now)).toBe('in 2 hr.');
  expect(relative('2025-12-30T11:00:00Z', now)).toBe('3 days ago');
});

test('no time is no text', () => {
  expect(relative(null, now)).toBe('');
});
