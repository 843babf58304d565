// Numbers as people read them.
import { locale } from '$lib/messages';

/** `1,204`. */
export const count = (number: number): string => new Intl.NumberFormat(locale).format(number);

/** `97.4%`, cut, not rounded: `100%` is said only where nothing is missing. */
export function share(part: number, whole: number): string {
  const of = whole > 0 ? Math.floor((part / whole) * 1000) / 1000 : 0;
  return new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 }).format(of);
}
