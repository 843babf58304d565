// Times as people read them.
import { locale } from '$lib/messages';

type Unit = 'day' | 'hour' | 'minute';
const STEPS: [Unit, number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60]
];

/** `now`, `5 min ago`, `in 2 hr`; empty where there is no time. */
export function relative(time: string | null | undefined, now: number): string {
  if (!time) return '';
  const format = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' });
  const [count, unit] = largest(Date.parse(time) - now);
  return format.format(count, count === 0 ? 'second' : unit);
}

/** How long since: `5 min`, `2 hr`. */
export function since(time: string, now: number): string {
  const [count, unit] = largest(now - Date.parse(time));
  const format = { style: 'unit', unit, unitDisplay: 'short' } as const;
  return new Intl.NumberFormat(locale, format).format(Math.max(count, 0));
}

/** Date and time in full. */
export function absolute(time: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(time));
}

/** Date and time to the second. */
export function precise(time: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'short', timeStyle: 'medium' }).format(new Date(time));
}

/** The days that a time covers, as its reporter counts them (UTC): `14 Nov 2023`. */
export function period(begin: string, end: string): string {
  const format = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone: 'UTC' });
  return format.formatRange(new Date(begin), new Date(end));
}

/** The largest unit that fits, and how many of it. */
function largest(milliseconds: number): [number, Unit] {
  const seconds = Math.round(milliseconds / 1000);
  const [unit, size] = STEPS.find(([, size]) => Math.abs(seconds) >= size) ?? ['minute', 60];
  return [Math.trunc(seconds / size), unit];
}
