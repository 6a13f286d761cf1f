/**
 * The common part of ListQueues and ListChannels: pages of resources by name, filtered by stream.
 *
 * @module
 */
import type { Stream } from "../_state/stream.ts";
import { nextToken, type StreamFilter, streamFilter } from "../_wire/fields.ts";
import { type Field, integer } from "../_wire/shape.ts";
import type { ActionContext } from "./action.ts";
import { readPageToken } from "./page_token.ts";

/** The largest page, in resources. MaxResults can only make it smaller. */
const PAGE = 100;

/** The members of a request that lists resources. */
export const listShape: {
  readonly MaxResults: Field<number>;
  readonly NextToken: Field<string>;
  readonly StreamFilter: Field<readonly StreamFilter[]>;
} = {
  MaxResults: integer({ min: 1, max: 10_000 }),
  NextToken: nextToken,
  StreamFilter: streamFilter,
};

/** A resource of a stream. */
interface Listed {
  readonly name: string;
  readonly stream: Stream;
}

/**
 * A page of resources, in the order of their names. The token holds the filter, which need not be
 * given again with it.
 */
export function listPage<R extends Listed>(
  kind: string,
  resources: Iterable<R>,
  input: {
    MaxResults?: number;
    NextToken?: string;
    StreamFilter?: readonly StreamFilter[];
  },
  { account, tokens }: ActionContext,
): { page: R[]; nextToken: string | undefined } {
  const { now } = account;
  const [after = "", filter = JSON.stringify(input.StreamFilter ?? null)] =
    input.NextToken === undefined
      ? []
      : readPageToken(tokens, kind, input.NextToken, now).map(String);
  const filters: readonly StreamFilter[] | null = JSON.parse(filter);
  const limit = Math.min(input.MaxResults ?? PAGE, PAGE);
  const found = [...resources]
    .filter(({ name, stream }) =>
      name > after && (filters?.some((one) => isOf(stream, one)) ?? true)
    )
    .sort((a, b) => a.name < b.name ? -1 : 1);
  const page = found.slice(0, limit);
  return {
    page,
    nextToken: found.length > limit
      ? tokens.encode(kind, [now, page.at(-1)!.name, filter])
      : undefined,
  };
}

function isOf(stream: Stream, filter: StreamFilter): boolean {
  const { StreamARN: arn, StreamCreationTimestamp: createdAt } = filter;
  const seconds = (ms: number) => Math.floor(ms / 1_000);
  return stream.arn === arn &&
    (createdAt === undefined ||
      seconds(createdAt) === seconds(stream.createdAt));
}
