/**
 * An in-memory Kinesis that listens on the loopback interface, and the command line as a process.
 *
 * @module
 */
import { KinesisServer } from "../../testing/mod.ts";

/** What a command has done. */
export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A server for commands. */
export class CommandKinesis implements AsyncDisposable {
  readonly server = new KinesisServer();
  readonly #listener: Deno.HttpServer<Deno.NetAddr>;

  constructor() {
    this.#listener = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen: () => {} },
      this.server.fetch,
    );
  }

  /** The options of commands that use the server. */
  get connection(): string[] {
    const { port } = this.#listener.addr;
    return [`--endpoint=http://127.0.0.1:${port}`, "--region=us-east-1"];
  }

  /** Starts a command without standard input. */
  spawn(...args: string[]): Deno.ChildProcess {
    return this.spawnWith("null", ...args);
  }

  /** Starts a command. */
  spawnWith(stdin: "null" | "piped", ...args: string[]): Deno.ChildProcess {
    const command = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "--quiet",
        "--no-check",
        new URL("../../cli/main.ts", import.meta.url).href,
        ...this.connection,
        ...args,
      ],
      env: {
        AWS_ACCESS_KEY_ID: "id",
        AWS_SECRET_ACCESS_KEY: "secret",
        AWS_EC2_METADATA_DISABLED: "true",
        NO_COLOR: "1",
      },
      stdin,
      stdout: "piped",
      stderr: "piped",
    });
    return command.spawn();
  }

  /** Runs a command to its end. */
  async run(...args: string[]): Promise<Outcome> {
    const { code, stdout, stderr } = await this.spawn(...args).output();
    const decoder = new TextDecoder();
    return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
  }

  /** Writes a record for each text. */
  async put(streamName: string, ...texts: string[]): Promise<void> {
    for (const text of texts) {
      const response = await this.server.fetch("http://kinesis.test/", {
        method: "POST",
        headers: {
          "content-type": "application/x-amz-json-1.1",
          "x-amz-target": "Kinesis_20131202.PutRecord",
        },
        body: JSON.stringify({
          StreamName: streamName,
          PartitionKey: "k",
          Data: btoa(text),
        }),
      });
      if (!response.ok) throw new Error(await response.text());
      await response.body?.cancel();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#listener.shutdown();
  }
}

/** The lines of a text. */
export function linesOf(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}
