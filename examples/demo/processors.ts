/**
 * The processors that `--processor` can choose.
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

/** Functions that create a processor, by name. */
export const PROCESSORS: Readonly<Record<string, () => Processor<Envelope>>> = {
  json: () => json<Envelope>(),
  jsonLines: () => jsonLines<Envelope>(),
  jsonList: () => jsonList<Envelope>(),
  msgpack: () => msgpack<Envelope>(),
  kplJson: () => kplJson<Envelope>(),
  gzip: () => gzip(jsonLines<Envelope>()),
};
