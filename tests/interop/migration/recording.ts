/**
 * What programs of other languages did, and what programs of this library do to compare with it.
 *
 * @module
 */
import { decodeBase64, encodeBase64 } from "@std/encoding/base64";
import { encodeHex } from "@std/encoding/hex";
import { KinesisClient } from "../../../client/mod.ts";
import { KinesisServer } from "../../../testing/mod.ts";
import { type Command, programsOf, run } from "./programs.ts";

/** The stream of all programs. */
export const STREAM = "orders";

/** The lease table of the programs, and the name of their application. */
export const LEASE_TABLE = "billing";

/** A record as it was stored. */
export interface RecordedRecord {
  readonly partitionKey: string;
  readonly data: string;
}

/** A run of the programs of a guide, as `record.ts` stores it. */
export interface Recording {
  /** The versions of the libraries that were run. */
  readonly versions: readonly string[];
  /** The SHA-256 of each program of the other library, by its name. */
  readonly programs: Readonly<Record<string, string>>;
  /** The records of each program of the other library that writes, by its name. */
  readonly written: Readonly<Record<string, readonly RecordedRecord[]>>;
  /** The records of `write.ts`, which the other library has read. */
  readonly ours: readonly RecordedRecord[];
  /** What the reader of the other library has printed, sorted: the same for all records. */
  readonly lines: readonly string[];
  /** The progress that the reader of the other library has stored, if it stores any. */
  readonly progress?: Readonly<Record<string, unknown>>;
}

/** Writes `read.ts` in a folder again as `read_leases.ts`, with the lease table of the KCL. */
export async function writeReaderOfLeases(
  folder: string,
): Promise<void> {
  const program = await Deno.readTextFile(`${folder}/read.ts`);
  await Deno.writeTextFile(
    `${folder}/read_leases.ts`,
    program
      .replace("{ MemoryCheckpointer }", "{ DynamoDBCheckpointer }")
      .replace(
        "new MemoryCheckpointer()",
        `new DynamoDBCheckpointer({ tableName: "${LEASE_TABLE}" })`,
      ),
  );
}

/** The SHA-256 of each program that is not one of this library. */
export async function digestsOf(
  guide: string,
): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  for (const [name, text] of await programsOf(guide)) {
    if (name.endsWith(".ts")) continue;
    const bytes = new TextEncoder().encode(text);
    const digest = await crypto.subtle.digest("SHA-256", bytes);
    digests[name] = encodeHex(new Uint8Array(digest));
  }
  return digests;
}

/** Where the recording of a guide is stored. */
export function recordingOf(guide: string): URL {
  return new URL(
    `./recorded_${guide.replaceAll("-", "_")}.json`,
    import.meta.url,
  );
}

/** A server with the stream of the programs, on loopback. */
export class Loopback implements AsyncDisposable {
  readonly server: KinesisServer = new KinesisServer({
    limits: { control: false },
  });
  readonly #listener: Deno.HttpServer<Deno.NetAddr>;

  constructor() {
    this.server.createStream(STREAM);
    this.#listener = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      this.server.fetch,
    );
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.#listener.addr.port}`;
  }

  /** Stores texts as records of one value. */
  async writeTexts(...texts: string[]): Promise<void> {
    await this.write(texts.map((text) => ({
      partitionKey: "k",
      data: encodeBase64(text),
    })));
  }

  /** Stores records. */
  async write(records: readonly RecordedRecord[]): Promise<void> {
    const client = new KinesisClient(this.server.connection);
    await client.putRecords({
      StreamName: STREAM,
      Records: records.slice(0, 500).map(({ partitionKey, data }) => ({
        PartitionKey: partitionKey,
        Data: decodeBase64(data),
      })),
    });
    if (records.length > 500) await this.write(records.slice(500));
  }

  /** The stored records, in order. */
  records(): RecordedRecord[] {
    return this.server.records(STREAM).map(({ partitionKey, data }) => ({
      partitionKey: partitionKey!,
      data: encodeBase64(data),
    }));
  }

  /** Runs a program against this server. Returns the lines of its output, sorted. */
  async run(
    command: Command,
    folder: string,
    env: Record<string, string> = {},
  ): Promise<string[]> {
    const lines = await run(command, {
      folder,
      env: { AWS_ENDPOINT_URL_KINESIS: this.endpoint, ...env },
    });
    return lines.sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#listener.shutdown();
    this.server.close();
  }
}
