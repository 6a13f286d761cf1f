/**
 * The processors that both this library and async-kinesis have.
 *
 * @module
 */
import {
  json,
  jsonLines,
  jsonList,
  kplJson,
  kplString,
  msgpack,
  type Processor,
  string,
} from "../../processors/mod.ts";

/** Our processors, by their names. `async_kinesis.py` has those of async-kinesis. */
// deno-lint-ignore no-explicit-any
export const PROCESSORS: Readonly<Record<string, () => Processor<any>>> = {
  string,
  json,
  jsonLines,
  jsonList,
  msgpack,
  kplJson,
  kplString,
};

/** Their names. */
export const NAMES: readonly string[] = Object.keys(PROCESSORS);
