/**
 * A table of DynamoDB in memory, with the expressions that a checkpointer writes.
 *
 * @module
 */
import type { Fetch } from "../../testing/mod.ts";

type Item = Record<string, unknown>;

/** The members of the requests that matter here. */
interface Request {
  readonly Item?: Item;
  readonly Key?: { readonly leaseKey: { readonly S: string } };
  readonly ConditionExpression?: string;
  readonly UpdateExpression?: string;
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues?: Readonly<Record<string, unknown>>;
}

/** One table. Each request takes effect at once. */
export class DynamoDBTable {
  readonly #items = new Map<string, Item>();

  /** Answers requests as the service does. */
  readonly fetch: Fetch = (_input, init) => {
    const target = new Headers(init?.headers).get("x-amz-target") ?? "";
    const request: Request = JSON.parse(
      new TextDecoder().decode(init!.body as Uint8Array<ArrayBuffer>),
    );
    const answer = this.#answer(target.split(".")[1]!, request);
    return Promise.resolve(
      answer ? Response.json(answer) : Response.json(
        { __type: "com.amazonaws#ConditionalCheckFailedException" },
        { status: 400 },
      ),
    );
  };

  #answer(action: string, request: Request): object | undefined {
    if (action === "Scan") return { Items: [...this.#items.values()] };
    const item = request.Item as { leaseKey?: { S: string } } | undefined;
    const key = (request.Key?.leaseKey ?? item!.leaseKey!).S;
    const stored = this.#items.get(key);
    if (!isMet(request, stored ?? {})) return undefined;
    switch (action) {
      case "PutItem":
        this.#items.set(key, request.Item!);
        return {};
      case "DeleteItem":
        this.#items.delete(key);
        return {};
      case "UpdateItem": {
        const next = updated(request, stored ?? { ...request.Key });
        this.#items.set(key, next);
        return { Attributes: next };
      }
      default:
        throw new Error(`The simulated table does not know ${action}`);
    }
  }
}

/** Whether all parts of the condition are met: `#a = :a` or `attribute_not_exists(#a)`. */
function isMet(request: Request, item: Item): boolean {
  const { ConditionExpression, ...parameters } = request;
  if (!ConditionExpression) return true;
  return ConditionExpression.split(" AND ").every((part) => {
    const absent = /^attribute_not_exists\((.+)\)$/.exec(part);
    if (absent) return item[nameOf(parameters, absent[1]!)] === undefined;
    const [name, value] = part.split(" = ");
    return isSame(
      item[nameOf(parameters, name!)],
      valueOf(parameters, value!),
    );
  });
}

/** Applies `SET #a = :a, #b = if_not_exists(#b, :b) ADD #c :c REMOVE #d, #e`. */
function updated(request: Request, item: Item): Item {
  const next = { ...item };
  const clauses = request.UpdateExpression!.matchAll(
    /(SET|ADD|REMOVE) (.*?)(?= (?:ADD|REMOVE) |$)/g,
  );
  for (const [, word, list] of clauses) {
    for (const part of list!.split(/, (?=#)(?![^(]*\))/)) {
      const [first, second] = part.split(word === "SET" ? " = " : " ");
      const name = nameOf(request, first!);
      if (word === "REMOVE") delete next[name];
      else if (word === "ADD") {
        const added = valueOf(request, second!) as { N: string };
        const before = next[name] as { N: string } | undefined;
        next[name] = { N: String(Number(before?.N ?? 0) + Number(added.N)) };
      } else {
        const once = /^if_not_exists\(.+, (.+)\)$/.exec(second!);
        if (!once) next[name] = valueOf(request, second!);
        else next[name] ??= valueOf(request, once[1]!);
      }
    }
  }
  return next;
}

function nameOf(
  { ExpressionAttributeNames }: Request,
  parameter: string,
): string {
  const name = ExpressionAttributeNames?.[parameter];
  if (name === undefined) throw new Error(`There is no name ${parameter}`);
  return name;
}

function valueOf(
  { ExpressionAttributeValues }: Request,
  parameter: string,
): unknown {
  const value = ExpressionAttributeValues?.[parameter];
  if (value === undefined) throw new Error(`There is no value ${parameter}`);
  return value;
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
