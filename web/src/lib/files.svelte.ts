// The files of a reply that is being written: each is uploaded as soon as it is chosen.
import { upload } from './api/upload';

/** A file that the server has: what a draft keeps of it. */
export type KeptFile = { id: number; name: string; size: number };

export class AttachedFile {
  id = $state<number>();
  /** The part that has left, from 0 to 1. */
  progress = $state(0);
  trouble = $state('');
  readonly #stop = new AbortController();

  constructor(
    readonly name: string,
    readonly size: number,
    id?: number
  ) {
    this.id = id;
  }

  async send(file: File): Promise<void> {
    try {
      const made = await upload(
        file,
        crypto.randomUUID(),
        (part) => (this.progress = part),
        this.#stop.signal
      );
      this.id = made.id;
    } catch (error) {
      this.trouble = error instanceof Error ? error.message : String(error);
    }
  }

  stop(): void {
    this.#stop.abort();
  }
}

export class Files {
  list = $state<AttachedFile[]>([]);

  constructor(kept: KeptFile[]) {
    this.list = kept.map(({ id, name, size }) => new AttachedFile(name, size, id));
  }

  /** Whether every file is on the server: only then the reply can leave. */
  get ready(): boolean {
    return this.list.every((file) => file.id !== undefined);
  }

  get ids(): number[] {
    return this.list.flatMap((file) => file.id ?? []);
  }

  get kept(): KeptFile[] {
    return this.list.flatMap(({ id, name, size }) => (id === undefined ? [] : { id, name, size }));
  }

  /** Uploads files one after the other, so that the first is soon there. */
  async add(chosen: Iterable<File>, changed: () => void): Promise<void> {
    const added = [...chosen].map((file) => ({ file, shown: new AttachedFile(file.name, file.size) }));
    this.list.push(...added.map(({ shown }) => shown));
    for (const { file, shown } of added) {
      if (!this.list.includes(shown)) continue;
      await shown.send(file);
      changed();
    }
  }

  remove(file: AttachedFile): void {
    file.stop();
    this.list = this.list.filter((other) => other !== file);
  }
}
