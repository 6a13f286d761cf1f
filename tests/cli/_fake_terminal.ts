/**
 * The command line in this process: a terminal that keeps what is written, and an in-memory Kinesis
 * on the loopback interface.
 *
 * @module
 */
import { runCommand, type Screen, type Terminal } from "../../cli/main.ts";
import { KinesisServer, type KinesisServerOptions } from "../../testing/mod.ts";

/** What a person or a program at the other end does. */
export interface Surroundings {
  /** Standard input. */
  readonly input?: string | AsyncIterable<Uint8Array<ArrayBuffer>>;
  /** The answer to questions. Without it there is no terminal to answer on. */
  readonly answer?: boolean;
  /** After how many lines the reader of the output goes away. */
  readonly lines?: number;
  /** Called with each text of the progress. */
  readonly onProgress?: (text: string) => void;
  /** Called with each line of the output. */
  readonly onLine?: (text: string) => void;
  /** Aborts as Ctrl-C does. */
  readonly signal?: AbortSignal;
  /** The screen of a terminal. Without it there is no terminal to draw on. */
  readonly screen?: Screen;
  /** Whether results go to a terminal. */
  readonly isTerminal?: boolean;
}

/** What a command has written, and its exit code. */
export interface Result {
  readonly code: number;
  readonly lines: string[];
  readonly notes: string;
  readonly progress: string[];
  readonly questions: string[];
  /** What the second Ctrl-C says. */
  readonly leftovers: string | undefined;
}

/** Answers a request. */
type Answer = (request: Request) => Promise<Response>;

/** A server, and commands that use it. */
export class FakeTerminalKinesis implements AsyncDisposable {
  readonly server: KinesisServer;
  /** Called with each request before the server answers it. May answer in its place. */
  onRequest: (
    action: string,
  ) => Promise<Response | void> | Response | void = () => {};
  readonly #listener: Deno.HttpServer<Deno.NetAddr>;

  /** `wrap` may put policies, faults and other services in front of the server. */
  constructor(
    options: KinesisServerOptions = {},
    wrap: (fetch: Answer) => Answer = (fetch) => fetch,
  ) {
    for (
      const [name, value] of Object.entries({
        AWS_ACCESS_KEY_ID: "id",
        AWS_SECRET_ACCESS_KEY: "secret",
        AWS_EC2_METADATA_DISABLED: "true",
      })
    ) Deno.env.set(name, value);
    this.server = new KinesisServer(options);
    const answer = wrap(this.server.fetch);
    this.#listener = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen: () => {} },
      async (request) => {
        const target = request.headers.get("x-amz-target") ?? "";
        return await this.onRequest(target.split(".").at(-1)!) ??
          await answer(request);
      },
    );
  }

  /** The URL of the server. */
  get endpoint(): string {
    return `http://127.0.0.1:${this.#listener.addr.port}`;
  }

  /** Runs a command to its end. */
  async run(args: string[], around: Surroundings = {}): Promise<Result> {
    const address = [
      `--endpoint=${this.endpoint}`,
      "--region=us-east-1",
    ];
    return await runOnFakeTerminal(
      (terminal) => runCommand([...address, ...args], terminal),
      around,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#listener.shutdown();
  }
}

/** Runs a program, which resolves with its exit code, on a terminal that keeps what is written. */
export async function runOnFakeTerminal(
  program: (terminal: Terminal) => Promise<number>,
  around: Surroundings = {},
): Promise<Result> {
  const lines: string[] = [];
  const notes: string[] = [];
  const progress: string[] = [];
  const questions: string[] = [];
  let leftovers: (() => string) | undefined;
  const code = await program({
    line(text) {
      if (lines.length === around.lines) return Promise.resolve(false);
      lines.push(text);
      around.onLine?.(text);
      return Promise.resolve(true);
    },
    note: (text) => void notes.push(text),
    progress(text) {
      progress.push(text);
      around.onProgress?.(text);
    },
    confirm(question) {
      questions.push(question);
      return Promise.resolve(around.answer);
    },
    input: () => inputOf(around.input ?? ""),
    onStopAtOnce: (report) => leftovers = report,
    signal: around.signal ?? new AbortController().signal,
    isTerminal: around.isTerminal ?? false,
    ...(around.screen && { screen: () => Promise.resolve(around.screen!) }),
  });
  return {
    code,
    lines,
    notes: notes.join("\n"),
    progress,
    questions,
    leftovers: leftovers?.(),
  };
}

async function* inputOf(
  input: NonNullable<Surroundings["input"]>,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  if (typeof input !== "string") yield* input;
  else if (input !== "") yield new TextEncoder().encode(input);
}
