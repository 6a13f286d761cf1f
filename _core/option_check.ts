/**
 * Checks options, with the same wording for all errors.
 *
 * @module
 */
/** The allowed numbers of an option. */
export interface NumberRule {
  /** The value if the option is not set. */
  readonly default: number;
  /** The smallest allowed number. @default {0} */
  readonly least?: number;
  /** The largest allowed number. @default {Infinity} */
  readonly most?: number;
  /**
   * Whether the number must be an integer. `Infinity` is allowed as well if `most` is `Infinity`.
   * @default {false}
   */
  readonly integer?: boolean;
  /** Whether `Infinity` is allowed beside the numbers up to `most`. @default {false} */
  readonly orInfinity?: boolean;
}

/**
 * Checks the options of one object or call. Every error reads like this:
 * `Cannot create Producer as 'maxInFlight' must be an integer from 1 to 1000: current value is 0`.
 */
export class OptionCheck {
  readonly #what: string;

  /** `what` starts the messages, for example `Cannot create Producer`. */
  constructor(what: string) {
    this.#what = what;
  }

  /**
   * A number or its default.
   *
   * @throws {RangeError} if the rule does not allow it
   */
  number(name: string, value: number | undefined, rule: NumberRule): number {
    if (value === undefined) return rule.default;
    const { least = 0, most = Infinity, integer, orInfinity } = rule;
    if (orInfinity && value === Infinity) return value;
    const isAllowed = typeof value === "number" && value >= least &&
      value <= most &&
      (!integer || Number.isInteger(value) || value === Infinity);
    if (isAllowed) return value;
    const range = most === Infinity
      ? `${least} or more`
      : `from ${least} to ${most}${orInfinity ? " or Infinity" : ""}`;
    throw new RangeError(
      this.message(name, integer ? `an integer ${range}` : range, value),
    );
  }

  /**
   * One of several texts, or its default.
   *
   * @throws {TypeError} if it is another value
   */
  choice<C extends string, D extends C | undefined>(
    name: string,
    value: unknown,
    choices: readonly C[],
    preset: D,
  ): C | D {
    if (value === undefined) return preset;
    if ((choices as readonly unknown[]).includes(value)) return value as C;
    const texts = choices.map((choice) => `"${choice}"`);
    throw new TypeError(this.message(name, alternatives(texts), value));
  }

  /**
   * An object with these methods, or `undefined`.
   *
   * @throws {TypeError} if it is not an object or has not all the methods
   */
  methods<V>(name: string, value: V, ...methods: string[]): V {
    if (value === undefined) return value;
    const isObject = typeof value === "object" && value !== null ||
      typeof value === "function";
    const lacks = methods.filter((method) =>
      !isObject ||
      typeof (value as Record<string, unknown>)[method] !== "function"
    );
    if (isObject && lacks.length === 0) return value;
    // The message does not show the value, which may be a secret.
    const rule = "an object" +
      (methods.length > 0 ? ` with the methods ${methods.join(", ")}` : "");
    throw new TypeError(this.refusal(`'${name}' must be ${rule}`));
  }

  /**
   * An object with settings, or `undefined`: no function, array, map or promise. With `fields`, all
   * other fields are refused, because they are probably misspelled.
   *
   * @throws {TypeError} if it is another value or has another field
   */
  object<V>(name: string, value: V, fields?: readonly string[]): V {
    if (value === undefined) return value;
    if (Object.prototype.toString.call(value) !== "[object Object]") {
      throw new TypeError(this.refusal(`'${name}' must be an object`));
    }
    const other = fields &&
      Object.keys(value as object).find((field) => !fields.includes(field));
    if (other === undefined) return value;
    throw new TypeError(
      this.refusal(
        `'${name}' must have no other fields than ${
          fields!.join(", ")
        }: it has '${other}'`,
      ),
    );
  }

  /**
   * A value of a basic type, or `undefined`.
   *
   * @throws {TypeError} if it has another type
   */
  type<V>(name: string, value: V, type: "boolean" | "function" | "string"): V {
    if (value === undefined || typeof value === type) return value;
    throw new TypeError(this.refusal(`'${name}' must be ${RULES[type]}`));
  }

  /**
   * A text, or `undefined`.
   *
   * @throws {TypeError} if it is empty or another value
   */
  text<V extends string | undefined>(name: string, value: V): V {
    if (value === undefined) return value;
    if (typeof value === "string" && value !== "") return value;
    throw new TypeError(this.message(name, "a text that is not empty", value));
  }

  /** The message for a value that is not allowed. */
  message(name: string, rule: string, value: unknown): string {
    return this.refusal(
      `'${name}' must be ${rule}: current value is ${shown(value)}`,
    );
  }

  /** The message for any other reason. It names the options that are wrong. */
  refusal(reason: string): string {
    return `${this.#what} as ${reason}`;
  }
}

const RULES = {
  boolean: "true or false",
  function: "a function",
  string: "a text",
};

function alternatives(texts: readonly string[]): string {
  return texts.length < 2
    ? texts.join("")
    : `${texts.slice(0, -1).join(", ")} or ${texts.at(-1)}`;
}

function shown(value: unknown): string {
  if (typeof value !== "string" && typeof value !== "object") {
    return String(value);
  }
  if (value instanceof Date && Number.isNaN(value.getTime())) {
    return "an invalid Date";
  }
  try {
    return JSON.stringify(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}
