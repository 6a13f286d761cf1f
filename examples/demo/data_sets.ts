/**
 * Where the records come from: public data that comes with npm, or the user's own lines.
 *
 * @module
 */
import type { Entry } from "./envelope.ts";
import { oneLine } from "./errors.ts";
import { jsonValues } from "./json_lines.ts";
import { UsageError } from "./options.ts";

/** Records in an order, which can be told beforehand how many they are. */
export interface DataSet {
  /** What it is, for people. */
  readonly name: string;
  /** How many records it has. */
  readonly total: number;
  /** A stream of all of them, each time anew. */
  open(): ReadableStream<Entry>;
}

interface Flight {
  readonly distance: number;
}
interface Earthquakes {
  readonly features: readonly { readonly properties: { net: string } }[];
}

/** 200 000 flights by distance, which stands for the route, and earthquakes by seismic network. https://github.com/vega/vega-datasets */
export async function sampleData(): Promise<DataSet> {
  // Only the import brings the package into the cache; what is wanted are the files beside its code.
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

/** Keys for lines that have none of their own. */
const SPREAD = 64;

/** What {@linkcode inputData} needs to know. */
export interface InputOptions {
  /** A path, or `-` for standard input. */
  readonly input: string;
  /** The field that is the partition key. */
  readonly key: string | undefined;
  /** A folder for what cannot be read twice. */
  readonly folder: string;
  /** Ends the reading. */
  readonly signal: AbortSignal;
}

/**
 * The user's lines. All of them are looked at before the first is used, so that a mistake in the last line is found before a
 * stream is made.
 *
 * @throws {UsageError} if there is no such file, or a line is not JSON or has no key
 */
export async function inputData(options: InputOptions): Promise<DataSet> {
  const { input, key } = options;
  const name = input === "-" ? "standard input" : input;
  const path = await rereadable(options, name);
  async function* entries(): AsyncGenerator<Entry> {
    let position = 0;
    const file = await Deno.open(path);
    for await (const { value, line } of jsonValues(file.readable, name)) {
      yield {
        key: key === undefined
          ? `key-${position % SPREAD}`
          : keyOf(value, key, `line ${line} of ${name}`),
        value,
      };
      position++;
    }
  }
  let total = 0;
  for await (const _ of entries()) {
    options.signal.throwIfAborted();
    total++;
  }
  if (total === 0) {
    throw new UsageError(`Cannot use ${name}: there is no record in it`);
  }
  return { name, total, open: () => ReadableStream.from(entries()) };
}

/** The path of the input if it is a plain file, else of a copy. */
async function rereadable(
  { input, folder, signal }: InputOptions,
  name: string,
): Promise<string> {
  let source: ReadableStream<Uint8Array<ArrayBuffer>>;
  try {
    if (input !== "-" && (await Deno.stat(input)).isFile) return input;
    source = input === "-"
      ? Deno.stdin.readable
      : (await Deno.open(input)).readable;
    const copy = `${folder}/input.jsonl`;
    await source.pipeTo((await Deno.create(copy)).writable, { signal });
    return copy;
  } catch (error) {
    signal.throwIfAborted();
    throw new UsageError(`Cannot read ${name}: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such file";
  if (error instanceof Deno.errors.IsADirectory) return "it is a folder";
  return oneLine(error);
}

/** The key in a field, or in a field of a field: `user.id`. */
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
