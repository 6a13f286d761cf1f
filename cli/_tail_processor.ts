/**
 * The processors that `tail` reads with.
 *
 * @module
 */
import { InvalidArgumentError } from "commander";
import {
  createProcessor,
  deflateRaw,
  type Framing,
  gzip,
  kpl,
  list,
  netstring,
  newline,
  type Processor,
  type Serializer,
  single,
  type Unpacked,
} from "../processors/mod.ts";
import type { KinesisRecord } from "../records.ts";
import {
  anyText,
  isJson,
  TEXT_SERIALIZERS,
  type TextValue,
} from "./_tail_values.ts";

const FRAMINGS: Readonly<Record<string, () => Framing>> = {
  single,
  newline,
  list,
  netstring,
  kpl,
};

const SHORT_NAMES: Readonly<Record<string, string>> = {
  jsonLines: "json+newline",
  jsonList: "json+list",
  kplJson: "json+kpl",
  kplString: "string+kpl",
  kplBytes: "bytes+kpl",
  msgpack: "msgpack+netstring",
};

/**
 * The first bytes of an aggregated record.
 * https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md
 */
const KPL_MAGIC = [0xf3, 0x89, 0x9a, 0xc2];

/** The names that `tail` takes, for its help. */
export const TAIL_PROCESSORS = [
  "json",
  ...Object.keys(SHORT_NAMES),
  "string",
  "bytes",
].join(", ");

/** Recognizes aggregated records, JSON lines, JSON and text. */
export function anyProcessor(): Processor<TextValue> {
  return gzip(createProcessor({ serializer: anyText, framing: anyFraming }));
}

/**
 * The processor with a name: a short one, `serializer+framing`, or `deflateRaw(…)` of these. All but
 * the last recognize gzip.
 */
export function tailProcessor(name: string): Processor<TextValue> {
  const [, compression, inner] = name.match(/^([a-zA-Z-]+)\((.*)\)$/) ?? [];
  switch (compression) {
    case undefined:
      return gzip(plainProcessor(name, name));
    case "deflateRaw":
    case "deflate-raw":
      return deflateRaw(plainProcessor(inner!, name));
    default:
      return gzip(plainProcessor(compression === "gzip" ? inner! : name, name));
  }
}

function plainProcessor(name: string, given: string): Processor<TextValue> {
  const full = Object.hasOwn(SHORT_NAMES, name) ? SHORT_NAMES[name]! : name;
  const [serializer = "", framing = "single", ...rest] = full.split("+");
  if (
    rest.length > 0 || !Object.hasOwn(TEXT_SERIALIZERS, serializer) ||
    !Object.hasOwn(FRAMINGS, framing)
  ) {
    throw new InvalidArgumentError(
      `"${given}" is none of ${TAIL_PROCESSORS}, nor <serializer>+<framing> with the serializers ` +
        `${Object.keys(TEXT_SERIALIZERS).join(", ")} and the framings ${
          Object.keys(FRAMINGS).join(", ")
        }, nor deflateRaw(<one of these>).`,
    );
  }
  return createProcessor({
    serializer: TEXT_SERIALIZERS[serializer]!(),
    framing: FRAMINGS[framing]!(),
  });
}

const anyFraming: Framing = {
  name: "any",
  scope: "record",
  createPacker: (serializer, options) =>
    single().createPacker(serializer, options),
  unpack<T>(serializer: Serializer<T>, record: KinesisRecord): Unpacked<T>[] {
    return framingOf(record.data).unpack(serializer, record);
  },
};

function framingOf(data: Uint8Array<ArrayBuffer>): Framing {
  if (KPL_MAGIC.every((byte, i) => data[i] === byte)) return kpl();
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(data);
  } catch {
    return single();
  }
  if (isJson(text)) return single();
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return lines.length > 1 && lines.every(isJson) ? newline() : single();
}
