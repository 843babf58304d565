// Which reports are asked for: the page's address says it.

/** Days that the page offers; 0: all. */
export const PERIODS = [7, 30, 90, 0] as const;
const USUAL = 30;

export type Wanted = { domain: string; kind: '' | 'dmarc' | 'tls'; days: number };

/** What an address asks for. */
export function wantedOf(query: URLSearchParams): Wanted {
  const kind = query.get('kind');
  const days = Number(query.get('days') ?? USUAL);
  return {
    domain: query.get('domain') ?? '',
    kind: kind === 'dmarc' || kind === 'tls' ? kind : '',
    days: PERIODS.find((offered) => offered === days) ?? USUAL
  };
}

/** The address that asks for it; what is usual is not said. */
export function addressOf({ domain, kind, days }: Wanted): string {
  const query = new URLSearchParams();
  if (domain) query.set('domain', domain);
  if (kind) query.set('kind', kind);
  if (days !== USUAL) query.set('days', String(days));
  return `/reports${query.size ? `?${query}` : ''}`;
}
