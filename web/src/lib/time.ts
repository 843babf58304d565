// Times as people read them.
import { getLocale } from '$lib/paraglide/runtime';

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1]
];

/** `5 minutes ago`, `in 2 hours`; empty where there is no time. */
export function relative(time: string | null | undefined, now: number = Date.now()): string {
  if (!time) return '';
  const seconds = Math.round((Date.parse(time) - now) / 1000);
  const [unit, size] = STEPS.find(([, size]) => Math.abs(seconds) >= size) ?? ['second', 1];
  const format = new Intl.RelativeTimeFormat(getLocale(), { numeric: 'auto', style: 'short' });
  return format.format(Math.trunc(seconds / size), unit);
}

/** Date and time in full. */
export function absolute(time: string): string {
  return new Intl.DateTimeFormat(getLocale(), { dateStyle: 'medium', timeStyle: 'short' }).format(
    new Date(time)
  );
}
