/**
 * The checks of options that every processor needs. Bundlers keep all methods of a class that is
 * used, so a program that imports one processor has no code for the checks of
 * {@linkcode OptionCheck}.
 *
 * @module
 */

/** The allowed numbers of an option. */
export interface NumberRule {
  /** The value if the option is not set. */
  readonly default: number;
  /**
   * The smallest allowed number.
   * @default {0}
   */
  readonly least?: number;
  /**
   * The largest allowed number.
   * @default {Infinity}
   */
  readonly most?: number;
  /**
   * Whether the number must be an integer. `Infinity` is allowed as well if `most` is `Infinity`.
   * @default {false}
   */
  readonly integer?: boolean;
  /**
   * Whether `Infinity` is allowed beside the numbers up to `most`.
   * @default {false}
   */
  readonly orInfinity?: boolean;
}

/** Checks options that are numbers or objects with settings, and words the errors of all checks. */
export class BasicCheck {
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
