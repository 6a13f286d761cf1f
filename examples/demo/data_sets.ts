/**
 * The values of the demo: public data from an npm package, or lines of the user.
 *
 * @module
 */
import { abortable } from "@std/async/abortable";
import { jsonLines, type Processor } from "@webstreams/kinesis/processors";
import { checkInput } from "./check_input.ts";
import type { Entry, Envelope, LineEntry } from "./envelope.ts";
import { oneLine } from "./errors.ts";
import { jsonValues } from "./json_lines.ts";
import { UsageError } from "./options.ts";

/** An ordered list of values with keys. */
export interface DataSet {
  /** The name in the output. */
  readonly name: string;
  /** The number of values. */
  readonly total: number;
  /** A new stream of all values. */
  open(): ReadableStream<Entry>;
}

interface Flight {
  readonly distance: number;
}
interface Earthquakes {
  readonly features: readonly { readonly properties: { net: string } }[];
}

/**
 * 200 000 flights, with the distance as key, and earthquakes, with the seismic network as key:
 * https://github.com/vega/vega-datasets
 */
export async function sampleData(): Promise<DataSet> {
  // The import downloads the package. The data files lie beside its code.
  await import("vega-datasets");
  const code = import.meta.resolve("vega-datasets");
  const read = async (name: string) =>
    JSON.parse(await Deno.readTextFile(new URL(`../data/${name}`, code)));
  const flights: Flight[] = await read("flights-200k.json");
  const { features }: Earthquakes = await read("earthquakes.json");
  function* entries(): Generator<Entry> {
    for (const value of flights) {
      yield { key: `flight/${value.distance}`, value };
    }
    for (const value of features) {
      yield { key: `earthquake/${value.properties.net}`, value };
    }
  }
  return {
    name: "flights and earthquakes (npm:vega-datasets)",
    total: flights.length + features.length,
    open: () => ReadableStream.from(entries()),
  };
}

/** Number of different keys for lines without `--key`. */
const SPREAD = 64;

/** Options of {@linkcode inputData}. */
export interface InputOptions {
  /** A path, or `-` for standard input. */
  readonly input: string;
  /** The field that contains the partition key. */
  readonly key: string | undefined;
  /** A folder for a copy of an input that cannot be read twice. */
  readonly folder: string;
  /**
   * The processor that must not change the values.
   * @default {jsonLines()}
   */
  readonly processor?: Processor<Envelope>;
  /** Ends reading. */
  readonly signal: AbortSignal;
}

/**
 * The lines of the user. All lines are checked before the first one is used, so that an error in
 * the last line is found before a stream is created.
 *
 * @throws {UsageError} if the file does not exist, or if a line is not JSON, has no key, does not
 * fit into a record or would be changed by the processor
 */
export async function inputData(options: InputOptions): Promise<DataSet> {
  const { input, key, signal, processor = jsonLines<Envelope>() } = options;
  const name = input === "-" ? "standard input" : input;
  const path = await rereadable(options, name);
  async function* entries(): AsyncGenerator<LineEntry> {
    let position = 0;
    const file = await openFile(path, name);
    for await (const { value, line } of jsonValues(file.readable, name)) {
      signal.throwIfAborted();
      yield {
        key: key === undefined
          ? `key-${position % SPREAD}`
          : keyOf(value, key, `line ${line} of ${name}`),
        value,
        line,
      };
      position++;
    }
  }
  async function* withoutLines(): AsyncGenerator<Entry> {
    for await (const { key, value } of entries()) yield { key, value };
  }
  const total = await checkInput(entries(), processor, name);
  if (total === 0) {
    throw new UsageError(`Cannot use ${name}: there is no record in it`);
  }
  return { name, total, open: () => ReadableStream.from(withoutLines()) };
}

/** The path of the input if it is a plain file, or else the path of a copy. */
async function rereadable(
  { input, folder, signal }: InputOptions,
  name: string,
): Promise<string> {
  if (input !== "-" && await isPlainFile(input, name)) return input;
  const copy = `${folder}/input.jsonl`;
  try {
    const source = input === "-"
      ? Deno.stdin.readable
      // Opening a named pipe waits until another program opens it for writing, and takes no signal.
      : (await abortable(openFile(input, name), signal)).readable;
    await source.pipeTo((await Deno.create(copy)).writable, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw unreadable(name, error);
  }
  return copy;
}

async function isPlainFile(path: string, name: string): Promise<boolean> {
  try {
    const { isFile, isDirectory } = await Deno.stat(path);
    if (isDirectory) throw new Deno.errors.IsADirectory();
    return isFile;
  } catch (error) {
    throw unreadable(name, error);
  }
}

async function openFile(path: string, name: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path);
  } catch (error) {
    throw unreadable(name, error);
  }
}

function unreadable(name: string, cause: unknown): UsageError {
  if (cause instanceof UsageError) return cause;
  return new UsageError(`Cannot read ${name}: ${reasonOf(cause)}`, { cause });
}

function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such file";
  if (error instanceof Deno.errors.IsADirectory) return "it is a folder";
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  return oneLine(error);
}

/** The text of a field, or of a field in a field, such as `user.id`. */
function keyOf(value: unknown, field: string, where: string): string {
  const has = (object: unknown, name: string): object is object =>
    typeof object === "object" && object !== null &&
    Object.hasOwn(object, name);
  const path = has(value, field) ? [field] : field.split(".");
  let found: unknown = value;
  for (const name of path) {
    found = has(found, name) ? found[name as keyof typeof found] : undefined;
  }
  const key = typeof found === "string" ? found : JSON.stringify(found);
  if (key === undefined || typeof found === "object") {
    throw new UsageError(
      `Cannot use ${where}: its "${field}" must be a text or a number to be a key`,
    );
  }
  const { length } = [...key];
  if (length < 1 || length > 256) {
    throw new UsageError(
      `Cannot use ${where}: its "${field}" must have 1 to 256 characters to be a key, it has ${length}`,
    );
  }
  return key;
}
