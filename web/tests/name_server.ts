// A name server that knows no name: every look-up is answered at once, and none leaves this machine.
import { createSocket } from 'node:dgram';

const HEADER = 12;
/** Answer, recursion available, no such name (RFC 1035 §4.1.1). */
const NO_SUCH_NAME = [0x81, 0x83];

export class NameServer {
  readonly listen: string;
  #socket = createSocket('udp4');

  constructor(
    readonly host: string,
    readonly port: number
  ) {
    this.listen = `${host}:${port}`;
  }

  async start(): Promise<void> {
    this.#socket.on('message', (query, { address, port }) => {
      const answer = Buffer.from(query.subarray(0, questionEnd(query)));
      answer.set(NO_SUCH_NAME, 2);
      // One question; no answer, authority or additional records.
      answer.set([0, 1, 0, 0, 0, 0, 0, 0], 4);
      this.#socket.send(answer, port, address);
    });
    await new Promise<void>((resolve, reject) => {
      this.#socket.once('error', reject).bind(this.port, this.host, resolve);
    });
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.close(resolve));
  }
}

/** Behind the name's labels, its end, type and class. */
function questionEnd(query: Buffer): number {
  let at = HEADER;
  while (query[at]) at += (query[at] ?? 0) + 1;
  return at + 5;
}
