/**
 * Processors by name.
 *
 * @module
 */
import {
  json,
  jsonLines,
  kplJson,
  msgpack,
  type Processor,
} from "../../processors/mod.ts";
import type { Item } from "./items.ts";

/** The name of a processor. */
export type ProcessorName = "json" | "jsonLines" | "kplJson" | "msgpack";

const PROCESSORS: Record<ProcessorName, () => Processor<Item>> = {
  json,
  jsonLines,
  kplJson,
  msgpack,
};

/** Creates the processor with this name. */
export function processorOf(name: ProcessorName): Processor<Item> {
  return PROCESSORS[name]();
}
