/**
 * Starts, stops and kills the consumer process, and reads its messages.
 *
 * @module
 */
import type {
  ConsumerMessage,
  ConsumerSettings,
  RecordMessage,
  StatusMessage,
} from "./messages.ts";

/** Callbacks for the messages of the consumer process. */
export interface ConsumerEvents {
  /** The consumer reads every record that is written from now on. */
  onReady(): void;
  /** A record was processed. */
  onRecord(message: RecordMessage): void;
  /** A report about the shards. */
  onStatus(message: StatusMessage): void;
  /** The process has ended by itself. */
  onFailed(error: Error): void;
}

/** A running consumer process. */
export class ConsumerProcess {
  readonly #child: Deno.ChildProcess;
  readonly #heard: Promise<void>;
  #asked = false;
  #failure = "";

  /** Starts the process, with access only to the network and to the folder of the checkpoints. */
  constructor(settings: ConsumerSettings, events: ConsumerEvents) {
    const folder = settings.checkpoints.replace(/[^/\\]+$/, "");
    this.#child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        "--unstable-kv",
        "--allow-net",
        "--allow-env",
        `--allow-read=${folder}`,
        `--allow-write=${folder}`,
        new URL("consumer.ts", import.meta.url).href,
        JSON.stringify(settings),
      ],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#heard = this.#hear(events);
    this.#watch(events);
  }

  /** Kills the process, as a power cut would. Resolves when all of its reports have been read. */
  async kill(): Promise<void> {
    this.killAtOnce();
    await this.#end();
  }

  /** Sends the signal that ends the process. */
  killAtOnce(): void {
    this.#asked = true;
    try {
      this.#child.kill("SIGKILL");
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // a TypeError: the process has ended
    }
  }

  /** Asks the process to store its progress and to end. */
  async stop(): Promise<void> {
    this.#asked = true;
    await this.#child.stdin.close().catch(() => {});
    await this.#end();
  }

  async #end(): Promise<void> {
    await Promise.all([this.#child.status, this.#heard]);
    await this.#child.stdin.close().catch(() => {});
  }

  async #watch(events: ConsumerEvents): Promise<void> {
    const { code, signal } = await this.#child.status;
    await this.#heard;
    if (this.#asked) return;
    events.onFailed(
      new Error(
        this.#failure ||
          `The consumer process ended unexpectedly with ${signal ?? code}`,
      ),
    );
  }

  async #hear(events: ConsumerEvents): Promise<void> {
    let rest = "";
    const texts = this.#child.stdout.pipeThrough(new TextDecoderStream());
    for await (const text of texts) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines) this.#tell(JSON.parse(line), events);
    }
  }

  #tell(message: ConsumerMessage, events: ConsumerEvents): void {
    if (!("type" in message)) return events.onRecord(message);
    switch (message.type) {
      case "ready":
        return events.onReady();
      case "status":
        return events.onStatus(message);
      case "failed":
        this.#failure = message.message;
    }
  }
}
