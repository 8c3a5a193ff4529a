/** Takes a server-sent event stream apart. Feed it text as it comes, in pieces of any size. */
export class EventStream {
  #rest = '';
  #data: string[] = [];

  /** The data of every event completed by this piece. Comments, names and ids are of no use to us. */
  push(piece: string): string[] {
    const done: string[] = [];
    const text = this.#rest + piece;
    // A piece may end between \r and \n; a lone \r at the end waits for what follows.
    const lines = text.split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line === '') {
        if (this.#data.length > 0) done.push(this.#data.join('\n'));
        this.#data = [];
      } else if (line.startsWith('data:')) {
        this.#data.push(line.slice(line[5] === ' ' ? 6 : 5));
      }
    }
    return done;
  }
}
