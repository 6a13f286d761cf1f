/**
 * Files, on Deno and Node.js.
 *
 * @module
 */
import { Failure } from "./_failure.ts";

/** The bytes of one read. */
const CHUNK_BYTES = 65_536;
/** Standard input as a file. */
const STDIN = 0;

/** A file that is read from its start to its end. */
export interface InputFile {
  readonly bytes: AsyncIterable<Uint8Array<ArrayBuffer>>;
  /** The size in bytes. `undefined` if it is not known before the end, as of a pipe. */
  readonly size: number | undefined;
  close(): Promise<void>;
}

/** A file that is written. */
export interface OutputFile {
  write(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a file for reading.
 *
 * @throws {Failure} if it cannot be read
 */
export async function openInput(path: string): Promise<InputFile> {
  const cannot = (error: unknown) => failure(`Cannot read ${path}`, error);
  const { open } = await import("node:fs/promises");
  const file = await open(path).catch(cannot);
  const stat = await file.stat();
  async function* bytes() {
    for (;;) {
      const chunk = new Uint8Array(CHUNK_BYTES);
      const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, null)
        .catch(cannot);
      if (bytesRead === 0) return;
      yield chunk.subarray(0, bytesRead);
    }
  }
  return {
    bytes: bytes(),
    size: stat.isFile() ? stat.size : undefined,
    close: () => file.close(),
  };
}

/**
 * Opens a file for writing, and empties it.
 *
 * @throws {Failure} if it cannot be written
 */
export async function openOutput(path: string): Promise<OutputFile> {
  const cannot = (error: unknown) => failure(`Cannot write ${path}`, error);
  const { open } = await import("node:fs/promises");
  const file = await open(path, "w").catch(cannot);
  return {
    async write(bytes) {
      await file.writeFile(bytes).catch(cannot);
    },
    close: () => file.close(),
  };
}

/**
 * Creates a file for writing. Also opens a pipe or a device that exists.
 *
 * @throws {Failure} if it exists already, or cannot be written
 */
export async function createOutput(
  path: string,
  overwrite: boolean | undefined,
): Promise<OutputFile> {
  const { stat } = await import("node:fs/promises");
  const isFile = await stat(path).then((it) => it.isFile(), () => false);
  if (isFile && !overwrite) {
    throw new Failure(
      `The file ${path} exists already: give --overwrite, or another path`,
    );
  }
  return await openOutput(path);
}

/**
 * Whether two paths name the same file. Without a first path, it is the file that standard input
 * comes from, if it comes from one.
 */
export async function isSameFile(
  a: string | undefined,
  b: string,
): Promise<boolean> {
  const { fstatSync } = await import("node:fs");
  const { stat } = await import("node:fs/promises");
  try {
    const first = a === undefined ? fstatSync(STDIN) : await stat(a);
    const second = await stat(b);
    return second.isFile() && first.dev === second.dev &&
      first.ino === second.ino;
  } catch {
    return false;
  }
}

function failure(what: string, error: unknown): never {
  const why = error instanceof Error ? error.message : `${error}`;
  throw new Failure(`${what}: ${why}`);
}
