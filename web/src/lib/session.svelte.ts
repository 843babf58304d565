// Who is signed in, and what everybody signed in may know of the desk.
import { api, type Operator } from './api/client';

const RETRY_MS = 2000;

class Session {
  /** `undefined` until asked, `null` when nobody is signed in. */
  operator = $state<Operator | null | undefined>(undefined);
  operators = $state<Operator[]>([]);

  constructor() {
    // Ended elsewhere or run out: sign in again. What was being written is kept.
    api.use({
      onResponse: ({ response }) => {
        if (response.status === 401 && this.operator) this.operator = null;
      }
    });
  }

  async resume(): Promise<void> {
    const { data, response } = await api.GET('/session');
    if (data || response.status === 401) this.operator = data ?? null;
    // Without an answer nothing is known of who is signed in.
    else setTimeout(() => void this.resume(), RETRY_MS);
    if (data) await this.loadDirectory();
  }

  /** Answers the status: 200, or why not. */
  async signIn(email: string, password: string): Promise<number> {
    const { data, response } = await api.POST('/session', { body: { email, password } });
    if (data) {
      this.operator = data;
      await this.loadDirectory();
    }
    return response.status;
  }

  async signOut(): Promise<void> {
    await api.DELETE('/session');
    this.operator = null;
  }

  async loadDirectory(): Promise<void> {
    const { data } = await api.GET('/operators');
    this.operators = data?.items ?? [];
  }
}

export const session = new Session();
