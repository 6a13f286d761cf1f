/**
 * Starts Chromium without a window, and drives one page of it over the DevTools protocol.
 *
 * @see {@link https://chromedevtools.github.io/devtools-protocol/}
 * @module
 */
import { deadline } from "@std/async/deadline";
import { delay } from "@std/async/delay";

const MISSING =
  "chromium is not installed. Debian has it (apt-get install chromium)";
/** After this time without an answer a test fails, in milliseconds. */
const LONGEST_WAIT_MS = 60_000;
const POLL_MS = 20;
/** No window, no sandbox (tests may run as root), and no requests to anything but the page. */
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-dev-shm-usage",
  "--remote-debugging-port=0",
];

/**
 * Whether tests can start Chromium. If it is missing, an ignored test says how to install it. With
 * the variable `KINESIS_CI` the answer is always yes, so tests fail where it is missing.
 */
export async function hasChromium(): Promise<boolean> {
  if (Deno.env.get("KINESIS_CI")) return true;
  try {
    const args = ["--version"];
    await new Deno.Command("chromium", { args, stdout: "null" }).output();
    return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    Deno.test.ignore(`Chromium: ${MISSING}`, () => {});
    return false;
  }
}

/** An answer or an event of the protocol. */
interface Message {
  readonly id?: number;
  readonly method?: string;
  // deno-lint-ignore no-explicit-any
  readonly params?: any;
  // deno-lint-ignore no-explicit-any
  readonly result?: any;
  readonly error?: { readonly message: string };
}

/** A page of a running Chromium. */
export class Page implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #folder: string;
  readonly #output: Promise<void>;
  readonly #socket: WebSocket;
  readonly #answers = new Map<number, (message: Message) => void>();
  #sessionId: string | undefined;
  #calls = 0;
  /** What the page has written to its console, and its uncaught errors. */
  readonly log: string[] = [];
  /** The addresses that the page has requested, also those of files and `data:`. */
  readonly requests: string[] = [];

  private constructor(
    process: Deno.ChildProcess,
    folder: string,
    output: Promise<void>,
    socket: WebSocket,
  ) {
    this.#process = process;
    this.#folder = folder;
    this.#output = output;
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#onMessage(JSON.parse(data));
  }

  /** Starts Chromium with an empty page. */
  static async open(): Promise<Page> {
    const folder = await Deno.makeTempDir();
    const process = new Deno.Command("chromium", {
      args: [...FLAGS, `--user-data-dir=${folder}`, "about:blank"],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const found = Promise.withResolvers<string>();
    const output = readLines(process.stderr, (line) => {
      const [, url] = /^DevTools listening on (ws:\S+)/.exec(line) ?? [];
      if (url) found.resolve(url);
    });
    const socket = new WebSocket(
      await deadline(found.promise, LONGEST_WAIT_MS),
    );
    const page = new Page(process, folder, output, socket);
    await deadline(
      new Promise((open) => socket.onopen = open),
      LONGEST_WAIT_MS,
    );
    const { targetId } = await page.call("Target.createTarget", {
      url: "about:blank",
    });
    const { sessionId } = await page.call("Target.attachToTarget", {
      targetId,
      flatten: true,
    });
    page.#sessionId = sessionId;
    await page.call("Page.enable");
    await page.call("Network.enable");
    await page.call("Runtime.enable");
    return page;
  }

  /** Calls a method of the protocol. */
  // deno-lint-ignore no-explicit-any
  async call(method: string, params: object = {}): Promise<any> {
    const id = ++this.#calls;
    const answered = new Promise<Message>((answer) =>
      this.#answers.set(id, answer)
    );
    this.#socket.send(
      JSON.stringify({ id, method, params, sessionId: this.#sessionId }),
    );
    const { result, error } = await deadline(answered, LONGEST_WAIT_MS);
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  }

  /** Evaluates an expression in the page, and waits for its promise. */
  async evaluate(expression: string): Promise<unknown> {
    const { result, exceptionDetails } = await this.call("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails));
    return result.value;
  }

  /** Evaluates an expression until its result is `wanted`. */
  async until(expression: string, wanted: unknown): Promise<void> {
    let last: unknown;
    const arrived = (async () => {
      // An evaluation fails while the page is left for another one.
      while (
        (last = await this.evaluate(expression).catch((error) => error)) !==
          wanted
      ) {
        await delay(POLL_MS);
      }
    })();
    try {
      await deadline(arrived, LONGEST_WAIT_MS);
    } catch (cause) {
      throw new Error(
        `${expression} is ${last} and not ${wanted}. The page says:\n${
          this.log.join("\n")
        }`,
        { cause },
      );
    }
  }

  /** Cuts the page off the network, or connects it again. */
  async setOffline(offline: boolean): Promise<void> {
    await this.call("Network.emulateNetworkConditions", {
      offline,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: -1,
    });
  }

  /** Ends Chromium. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((close) => this.#socket.onclose = close);
    this.#process.kill("SIGKILL");
    await this.#process.status;
    await this.#output;
    await closed;
    // Its children end a little later, and write into the folder until then.
    await removeFolder(this.#folder);
  }

  #onMessage({ id, method, params, ...answer }: Message): void {
    if (id !== undefined) {
      this.#answers.get(id)?.(answer);
      this.#answers.delete(id);
    } else if (method === "Runtime.consoleAPICalled") {
      // deno-lint-ignore no-explicit-any
      const texts = params.args.map((it: any) => it.value ?? it.description);
      this.log.push(texts.join(" "));
    } else if (method === "Runtime.exceptionThrown") {
      const { exception, text } = params.exceptionDetails;
      this.log.push(exception?.description ?? text);
    } else if (method === "Log.entryAdded") {
      // Errors of the browser itself, such as a file that was not found. Needs `Log.enable`.
      this.log.push(`${params.entry.text} ${params.entry.url ?? ""}`);
    } else if (method === "Network.requestWillBeSent") {
      this.requests.push(params.request.url);
    }
  }
}

async function readLines(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  onLine: (line: string) => void,
): Promise<void> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    lines.forEach(onLine);
  }
}

async function removeFolder(path: string): Promise<void> {
  for (let attempt = 0;; attempt++) {
    try {
      return await Deno.remove(path, { recursive: true });
    } catch (error) {
      if (attempt === 50) throw error;
      await delay(POLL_MS);
    }
  }
}
