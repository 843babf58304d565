// A mail server that takes every letter: what the desk sends ends here.
import { createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

export class Smarthost {
  /** The letters as they came, newest last. */
  readonly letters: string[] = [];
  readonly listen: string;
  #server: Server | undefined;
  #sockets = new Set<Socket>();

  constructor(
    readonly host: string,
    readonly port: number
  ) {
    this.listen = `${host}:${port}`;
  }

  async start(): Promise<void> {
    const server = createServer((socket) => void this.#talk(socket).catch(() => socket.destroy()));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(this.port, this.host, resolve);
    });
    this.#server = server;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => (this.#server ? this.#server.close(resolve) : resolve(undefined)));
  }

  async #talk(socket: Socket): Promise<void> {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    const say = (line: string) => socket.write(`${line}\r\n`);
    let letter: string[] | undefined;
    say('220 mx.example.org');
    for await (const line of createInterface({ input: socket })) {
      if (letter && line === '.') {
        this.letters.push(letter.join('\n'));
        letter = undefined;
        say('250 2.0.0 taken for delivery');
      } else if (letter) {
        letter.push(line.replace(/^\./, ''));
      } else if (/^DATA/i.test(line)) {
        letter = [];
        say('354 go on');
      } else if (/^QUIT/i.test(line)) {
        say('221 bye');
        socket.end();
      } else {
        say('250 OK');
      }
    }
  }
}
