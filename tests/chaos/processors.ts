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

/** How a value may be packed. */
export type ProcessorName = "json" | "jsonLines" | "kplJson" | "msgpack";

const PROCESSORS: Record<ProcessorName, () => Processor<Item>> = {
  json,
  jsonLines,
  kplJson,
  msgpack,
};

/** Makes the processor of a name. */
export function processorOf(name: ProcessorName): Processor<Item> {
  return PROCESSORS[name]();
}
