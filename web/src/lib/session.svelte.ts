// Who is signed in, and what everybody signed in may know of the desk.
import { api, type Operator } from './api/client';

class Session {
  /** `undefined` until asked, `null` when nobody is signed in. */
  operator = $state<Operator | null | undefined>(undefined);
  operators = $state<Operator[]>([]);

  async resume(): Promise<void> {
    const { data } = await api.GET('/session');
    this.operator = data ?? null;
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
