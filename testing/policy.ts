/**
 * Identity policies of IAM, as far as they decide about calls of Kinesis, DynamoDB and CloudWatch.
 *
 * @see {@link https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html}
 * @module
 */
import { OptionCheck } from "../_core/option_check.ts";

/** A statement. Other elements, such as `Condition`, are refused, because nothing checks them. */
export interface PolicyStatement {
  /** A name. */
  Sid?: string;
  /** Whether the statement allows or denies. A statement that denies wins. */
  Effect: "Allow" | "Deny";
  /** Actions such as `kinesis:PutRecords`. `*` stands for any characters, `?` for one. */
  Action: string | readonly string[];
  /** ARNs. `*` stands for any characters, `?` for one. */
  Resource: string | readonly string[];
}

/** A policy as a JSON value. */
export interface PolicyDocument {
  /** The version of the language: `2012-10-17`. */
  Version?: string;
  /** The statements. */
  Statement: PolicyStatement | readonly PolicyStatement[];
}

/** A call that IAM decides about. */
export interface AuthorizedCall {
  /** The permission, such as `kinesis:PutRecords`. */
  readonly action: string;
  /** The ARN of the stream, consumer or table; `*` if the action has none. */
  readonly resource: string;
}

/** A statement with its patterns. */
interface Rule {
  readonly isAllow: boolean;
  readonly actions: readonly {
    readonly text: string;
    readonly match: RegExp;
  }[];
  readonly resources: readonly RegExp[];
}

const check = new OptionCheck("Cannot use the policy");
const ELEMENTS = ["Sid", "Effect", "Action", "Resource"] as const;

/** Decides about calls. Everything that no statement allows is denied. */
export class Policy {
  readonly #rules: readonly Rule[];
  readonly #used = new Set<string>();

  /**
   * Reads a policy.
   *
   * @throws {TypeError} if it is not one, or has an element that is not supported
   */
  constructor(document: PolicyDocument) {
    check.object("policy", document, ["Version", "Id", "Statement"]);
    const { Statement = [] } = document;
    this.#rules = list(Statement).map((statement, index) => {
      const name = `Statement[${index}]`;
      check.object(name, statement, ELEMENTS);
      const part = new OptionCheck(`Cannot use the policy of ${name}`);
      return {
        isAllow:
          part.choice("Effect", statement.Effect, ["Allow", "Deny"], "Deny") ===
            "Allow",
        actions: texts(part, "Action", statement.Action)
          // Actions are compared without regard to case, ARNs are not.
          .map((text) => ({ text, match: pattern(text, "i") })),
        resources: texts(part, "Resource", statement.Resource)
          .map((text) => pattern(text, "")),
      };
    });
  }

  /** Whether the policy allows a call. */
  allows({ action, resource }: AuthorizedCall): boolean {
    let isAllowed = false;
    for (const { isAllow, actions, resources } of this.#rules) {
      const matching = actions.filter(({ match }) => match.test(action));
      if (matching.length === 0) continue;
      if (!resources.some((match) => match.test(resource))) continue;
      if (!isAllow) return false;
      for (const { text } of matching) this.#used.add(text);
      isAllowed = true;
    }
    return isAllowed;
  }

  /** The actions of statements that allow, and that no allowed call has needed yet. */
  get unused(): string[] {
    const allowed = this.#rules.filter(({ isAllow }) => isAllow)
      .flatMap(({ actions }) => actions.map(({ text }) => text));
    return [...new Set(allowed)].filter((text) => !this.#used.has(text));
  }
}

function texts(
  part: OptionCheck,
  name: string,
  value: string | readonly string[],
): readonly string[] {
  const all = list(value);
  if (
    all.length > 0 &&
    all.every((text) => typeof text === "string" && text !== "")
  ) {
    return all;
  }
  throw new TypeError(part.message(name, "a text or a list of texts", value));
}

function list<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? value : [value as T];
}

function pattern(text: string, flags: string): RegExp {
  const source = text.replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*").replaceAll("?", ".");
  return new RegExp(`^${source}$`, flags);
}
