// The desk's domains: what the world sees of them, and their DKIM keys.
import { api, problemText, type Domain, type DomainReport } from './api/client';

class Domains {
  items = $state<Domain[]>([]);
  loaded = $state(false);
  /** By domain. */
  reports = $state<Record<string, DomainReport>>({});
  /** The domain that something is done with now. */
  busy = $state('');
  trouble = $state('');

  async load(): Promise<void> {
    const { data, error } = await api.GET('/domains');
    this.trouble = error ? problemText(error) : '';
    if (data) this.items = data.items;
    this.loaded = true;
  }

  async check(domain: string): Promise<void> {
    await this.#during(domain, async () => {
      const { data, error } = await api.GET('/domains/{domain}/check', { params: { path: { domain } } });
      if (data) this.reports[domain] = data;
      return error;
    });
  }

  async changeKeys(domain: string, action: 'rotate' | 'activate'): Promise<void> {
    await this.#during(domain, async () => {
      const { data, error } = await api.POST('/domains/{domain}/dkim', {
        params: { path: { domain } },
        body: { action }
      });
      const item = this.items.find(({ name }) => name === domain);
      if (data && item) item.dkim = data.items;
      return error;
    });
  }

  async #during(domain: string, work: () => Promise<unknown>): Promise<void> {
    this.busy = domain;
    this.trouble = '';
    const error = await work();
    if (error) this.trouble = problemText(error);
    this.busy = '';
  }
}

export const domains = new Domains();
