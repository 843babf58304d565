import { expect, test } from 'vitest';

import { relative, since } from './time';

const now = Date.parse('2026-01-02T12:00:00Z');

test('a time is told in its largest unit', () => {
  expect(relative('2026-01-02T11:55:00Z', now)).toBe('5 min. ago');
  expect(relative('2026-01-02T14:00:00Z', now)).toBe('in 2 hr.');
  expect(relative('2025-12-30T11:00:00Z', now)).toBe('3 days ago');
});

test('less than a minute is now, also where the clocks differ a little', () => {
  expect(relative('2026-01-02T11:59:10Z', now)).toBe('now');
  expect(relative('2026-01-02T12:00:03Z', now)).toBe('now');
});

test('no time is no text', () => {
  expect(relative(null, now)).toBe('');
});

test('a duration is told in its largest unit and is never negative', () => {
  expect(since('2026-01-02T11:55:00Z', now)).toBe('5 min');
  expect(since('2026-01-02T09:59:00Z', now)).toBe('2 hr');
  expect(since('2026-01-02T12:00:03Z', now)).toBe('0 min');
});
