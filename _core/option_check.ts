/**
 * Checks options, with the same wording for all errors.
 *
 * @module
 */
import { BasicCheck } from "./basic_check.ts";

/**
 * Checks the options of one object or call, of any type. Every error reads like this:
 * `Cannot create Producer as 'maxInFlight' must be an integer from 1 to 1000: current value is 0`.
 */
export class OptionCheck extends BasicCheck {
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
