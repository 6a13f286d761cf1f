/**
 * A peer in its own process: it prints lines that begin with a word, and waits for a line on its
 * standard input where it has to.
 *
 * @module
 */

/** The command of a peer. */
export interface Command {
  program: string;
  args: string[];
  /** Environment variables, in addition to the inherited ones. */
  env?: Record<string, string>;
}

/** Bytes of the standard error that an error message quotes, the last ones. */
const QUOTED_BYTES = 1500;

/** A running peer. */
export class PeerProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #stderr: Promise<string>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #lines: AsyncGenerator<string, void>;

  /** Starts the peer. */
  constructor({ program, args, env }: Command) {
    this.#child = new Deno.Command(program, {
      args,
      env,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#stderr = new Response(this.#child.stderr).text();
    this.#writer = this.#child.stdin.getWriter();
    this.#lines = linesOf(this.#child.stdout);
  }

  /** The id of the process. */
  get pid(): number {
    return this.#child.pid;
  }

  /**
   * Resolves with the rest of the next line that begins with the word. Calls `onOther` with the
   * lines before it.
   *
   * @throws {Error} if the peer ends without such a line
   */
  async expect(
    word: string,
    onOther: (line: string) => void = () => {},
  ): Promise<string> {
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done) {
        const quoted = (await this.#stderr).slice(-QUOTED_BYTES);
        throw new Error(`It ended before it was ${word}\n${quoted}`.trim());
      }
      if (value.startsWith(word)) return value.slice(word.length);
      onOther(value);
    }
  }

  /** Lets the peer go on that waits for a line. */
  async go(): Promise<void> {
    await this.#writer.write(new TextEncoder().encode("go\n"));
  }

  /** Waits until the peer ends by itself. */
  async ended(): Promise<void> {
    await this.#child.status;
  }

  /** Kills the peer. A call that waits for a line then fails. */
  kill(): void {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // The process has already ended.
    }
  }

  /** Kills the peer, unless it has ended, and closes its streams. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.kill();
    await this.#writer.close().catch(() => {});
    await this.#lines.return();
    // A generator that was never asked for a line has not read from the stream.
    await this.#child.stdout.cancel().catch(() => {});
    await this.#child.status;
    await this.#stderr;
  }
}

async function* linesOf(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<string, void> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
}
