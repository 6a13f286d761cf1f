/**
 * One hash in Redis, whose fields change by compare and swap. Every call is one Lua script on one
 * key: Redis runs it atomically, and in a cluster it belongs to one node.
 *
 * @module
 */
import type { RunScript } from "./_redis_client.ts";

/*
 * The scripts that only read run by EVAL too: a client that is told to read from replicas sends
 * read commands to them, and a replica lags. EVAL goes to the master.
 *
 * The scripts are sent whole each time, not by their SHA-1. So a restart, a failover or
 * SCRIPT FLUSH makes no difference, and no call has to be repeated after NOSCRIPT.
 */

const READ_ALL = `return redis.call('HGETALL', KEYS[1])`;

const READ = `
local stored = redis.call('HGET', KEYS[1], ARGV[1])
return { stored and '=' .. stored or '' }`;

/*
 * ARGV: field, old text, new text. A text has a "=" in front; without it, there is no field.
 *
 * If the stored text is the new one, this very call has happened before: the client has lost the
 * connection and sent the script again. New texts are unique, so no other call can have stored it.
 */
const SWAP = `
local stored = redis.call('HGET', KEYS[1], ARGV[1])
stored = stored and '=' .. stored or ''
if stored == ARGV[2] then
  if ARGV[3] == '' then
    redis.call('HDEL', KEYS[1], ARGV[1])
  else
    redis.call('HSET', KEYS[1], ARGV[1], string.sub(ARGV[3], 2))
  end
  return { 'swapped' }
end
if stored == ARGV[3] and stored ~= '' then return { 'swapped' } end
return { 'refused', stored }`;

/** The text of a field; `undefined` if there is no such field. */
export type FieldText = string | undefined;

/** The outcome of a swap. */
export type Swap =
  | { readonly done: true }
  /** Nothing was changed. `stored` is what the field holds. */
  | { readonly done: false; readonly stored: FieldText };

/** A hash under one key. */
export class RedisHash {
  readonly #run: RunScript;
  /** The key of the hash. */
  readonly key: string;

  /** Reads and writes nothing. */
  constructor(run: RunScript, key: string) {
    this.#run = run;
    this.key = key;
  }

  /** All fields with their texts, as they are at one moment. */
  async entries(): Promise<[field: string, text: string][]> {
    const flat = await this.#call(READ_ALL, []);
    if (flat.length % 2 !== 0) throw unexpected(flat);
    return Array.from(
      { length: flat.length / 2 },
      (_, index) => [flat[2 * index]!, flat[2 * index + 1]!],
    );
  }

  /** Reads a field. */
  async get(field: string): Promise<FieldText> {
    const [stored] = await this.#call(READ, [field]);
    return fromWire(stored);
  }

  /**
   * Changes a field, or creates or deletes it, if it is `before`. `after` must be a text that no
   * other call writes.
   */
  async swap(
    field: string,
    before: FieldText,
    after: FieldText,
  ): Promise<Swap> {
    const values = [field, toWire(before), toWire(after)];
    const [outcome, stored] = await this.#call(SWAP, values);
    if (outcome === "swapped") return { done: true };
    if (outcome === "refused") return { done: false, stored: fromWire(stored) };
    throw unexpected(outcome);
  }

  async #call(script: string, values: string[]): Promise<string[]> {
    const answer = await this.#run(script, this.key, values);
    if (!Array.isArray(answer)) throw unexpected(answer);
    return answer.map(textOf);
  }
}

/** Clients can be set to return bytes in place of texts. */
function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  throw unexpected(value);
}

function toWire(text: FieldText): string {
  return text === undefined ? "" : `=${text}`;
}

function fromWire(text: string | undefined): FieldText {
  if (text === undefined) throw unexpected(text);
  return text === "" ? undefined : text.slice(1);
}

function unexpected(answer: unknown): TypeError {
  return new TypeError(
    "Cannot use the answer of the Redis client as it is not what the script returns: it has " +
      Object.prototype.toString.call(answer),
  );
}
