// What the panel says, in the operator's language: `m.reply_to({ address })`. The compiler knows every message and its values.
import { en } from './en';
import { pt } from './pt';
import { ru } from './ru';

type Key = keyof typeof en;
export type Catalogue = Record<Key, string>;

/** The names in braces of a text. */
type Values<Text> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | Values<Rest> : never;
type Say<Text> = [Values<Text>] extends [never]
  ? () => string
  : (values: Record<Values<Text>, string | number>) => string;

const CATALOGUES = { en, ru, pt } satisfies Record<string, Catalogue>;

export type Locale = keyof typeof CATALOGUES;
export const locales = Object.keys(CATALOGUES) as Locale[];

const KEPT = 'locale';

/** The operator's choice, or the first of the browser's languages that the panel speaks. */
export const locale: Locale = choose([
  globalThis.localStorage?.getItem(KEPT) ?? '',
  ...(globalThis.navigator?.languages ?? [])
]);

/** Chooses a language; the page begins anew with it. */
export function setLocale(chosen: Locale): void {
  localStorage.setItem(KEPT, chosen);
  location.reload();
}

export const m = Object.fromEntries(
  Object.entries<string>(CATALOGUES[locale]).map(([key, text]) => [
    key,
    (values: Record<string, string | number> = {}) => fill(text, values)
  ])
) as { [K in Key]: Say<(typeof en)[K]> };

export function choose(wanted: readonly string[]): Locale {
  const primary = wanted.map((tag) => tag.toLowerCase().split('-')[0]);
  return primary.find((tag): tag is Locale => locales.includes(tag as Locale)) ?? 'en';
}

export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (braces, name: string) => String(values[name] ?? braces));
}
