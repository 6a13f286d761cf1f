/**
 * The ways to put values into Kinesis records that the demo can be asked for.
 *
 * @module
 */
import {
  gzip,
  json,
  jsonLines,
  jsonList,
  kplJson,
  msgpack,
  type Processor,
} from "@webstreams/kinesis/processors";
import type { Envelope } from "./envelope.ts";

/** Makes a processor, by name. */
export const PROCESSORS: Readonly<Record<string, () => Processor<Envelope>>> = {
  json: () => json<Envelope>(),
  jsonLines: () => jsonLines<Envelope>(),
  jsonList: () => jsonList<Envelope>(),
  msgpack: () => msgpack<Envelope>(),
  kplJson: () => kplJson<Envelope>(),
  gzip: () => gzip(jsonLines<Envelope>()),
};
