/**
 * Turns paged lists into async iterables.
 *
 * @module
 */
import { ListProgress } from "../_aws/list_progress.ts";
import { hasCode } from "../_aws/service_error.ts";
import type {
  ChannelSummary,
  ListChannelsRequest,
  ListChannelsResponse,
  ListQueuesRequest,
  ListQueuesResponse,
  ListShardsRequest,
  ListShardsResponse,
  ListStreamConsumersRequest,
  ListStreamConsumersResponse,
  ListStreamsRequest,
  ListStreamsResponse,
  ListTagsForStreamRequest,
  ListTagsForStreamResponse,
  QueueSummary,
  Shard,
  StreamConsumer,
  StreamSummary,
  Tag,
} from "./_api.ts";

/** A stream in a list. Emulators return only the name. */
export type ListedStream =
  & Pick<StreamSummary, "StreamName">
  & Partial<StreamSummary>;

/** How to fetch and read the pages of a list. */
interface Listing<Request, Page, Item> {
  /** The API action, for messages. */
  action: string;
  /** Fetches a page. */
  list(request: Request): Promise<Page>;
  /** The items of a page. */
  items(page: Page): readonly Item[];
  /** The id of an item, unique in the list. */
  key(item: Item): string;
  /** The request for the next page. `undefined` after the last page. */
  next(page: Page, last: Item | undefined): Request | undefined;
}

/** All items. The next page is fetched when the items of the current page have been consumed. */
async function* listAll<Request, Page, Item>(
  first: Request,
  listing: Listing<Request, Page, Item>,
): AsyncGenerator<Item, void> {
  const seen = new Set<string>();
  let seenAtRestart = -1;
  let next = first;
  let progress = new ListProgress(listing.action);
  for (;;) {
    let page: Page;
    try {
      page = await listing.list(next);
    } catch (error) {
      const expired = hasCode(error, "ExpiredNextTokenException");
      // A token is valid for 300 seconds. If the caller was slower, the list starts again without
      // the items that it has already returned. If a restart brings no new item, it would never
      // end.
      if (!expired || next === first || seen.size === seenAtRestart) {
        throw error;
      }
      seenAtRestart = seen.size;
      next = first;
      progress = new ListProgress(listing.action);
      continue;
    }
    const items = listing.items(page);
    for (const item of items) {
      const key = listing.key(item);
      if (seen.has(key)) continue;
      seen.add(key);
      yield item;
    }
    const following = listing.next(page, items.at(-1));
    if (following === undefined) return;
    progress.page(items.map(listing.key), following);
    next = following;
  }
}

/** All shards. */
export function listAllShards(
  list: (request: ListShardsRequest) => Promise<ListShardsResponse>,
  request: Omit<ListShardsRequest, "NextToken">,
): AsyncGenerator<Shard, void> {
  const { MaxResults } = request;
  return listAll<ListShardsRequest, ListShardsResponse, Shard>(request, {
    action: "ListShards",
    list,
    items: (page) => page.Shards ?? [],
    key: (shard) => shard.ShardId,
    // A request with a token must not name the stream.
    next: ({ NextToken }) => NextToken ? { NextToken, MaxResults } : undefined,
  });
}

/** All streams. */
export function listAllStreams(
  list: (request: ListStreamsRequest) => Promise<ListStreamsResponse>,
  request: Omit<ListStreamsRequest, "NextToken">,
): AsyncGenerator<ListedStream, void> {
  const { Limit } = request;
  return listAll<ListStreamsRequest, ListStreamsResponse, ListedStream>(
    request,
    {
      action: "ListStreams",
      list,
      items: (page) =>
        page.StreamSummaries ??
          page.StreamNames.map((StreamName) => ({ StreamName })),
      key: (stream) => stream.StreamName,
      next: ({ HasMoreStreams, NextToken }, last) => {
        if (NextToken) return { NextToken, Limit };
        // Older emulators have no tokens.
        return HasMoreStreams && last
          ? { ExclusiveStartStreamName: last.StreamName, Limit }
          : undefined;
      },
    },
  );
}

/** All consumers of a stream. */
export function listAllStreamConsumers(
  list: (
    request: ListStreamConsumersRequest,
  ) => Promise<ListStreamConsumersResponse>,
  request: Omit<ListStreamConsumersRequest, "NextToken">,
): AsyncGenerator<StreamConsumer, void> {
  const { StreamARN, MaxResults } = request;
  return listAll<
    ListStreamConsumersRequest,
    ListStreamConsumersResponse,
    StreamConsumer
  >(request, {
    action: "ListStreamConsumers",
    list,
    items: (page) => page.Consumers ?? [],
    key: (consumer) => consumer.ConsumerARN,
    next: ({ NextToken }) =>
      NextToken ? { StreamARN, NextToken, MaxResults } : undefined,
  });
}

/** All tags of a stream. */
export function listAllTagsForStream(
  list: (
    request: ListTagsForStreamRequest,
  ) => Promise<ListTagsForStreamResponse>,
  request: Omit<ListTagsForStreamRequest, "ExclusiveStartTagKey">,
): AsyncGenerator<Tag, void> {
  return listAll<ListTagsForStreamRequest, ListTagsForStreamResponse, Tag>(
    request,
    {
      action: "ListTagsForStream",
      list,
      items: (page) => page.Tags,
      key: (tag) => tag.Key,
      next: ({ HasMoreTags }, last) =>
        HasMoreTags && last
          ? { ...request, ExclusiveStartTagKey: last.Key }
          : undefined,
    },
  );
}

/** All queues. */
export function listAllQueues(
  list: (request: ListQueuesRequest) => Promise<ListQueuesResponse>,
  request: Omit<ListQueuesRequest, "NextToken">,
): AsyncGenerator<QueueSummary, void> {
  return listAll<ListQueuesRequest, ListQueuesResponse, QueueSummary>(request, {
    action: "ListQueues",
    list,
    items: (page) => page.QueueSummaries ?? [],
    key: (queue) => queue.QueueARN,
    next: ({ NextToken }) => NextToken ? { ...request, NextToken } : undefined,
  });
}

/** All channels. */
export function listAllChannels(
  list: (request: ListChannelsRequest) => Promise<ListChannelsResponse>,
  request: Omit<ListChannelsRequest, "NextToken">,
): AsyncGenerator<ChannelSummary, void> {
  return listAll<ListChannelsRequest, ListChannelsResponse, ChannelSummary>(
    request,
    {
      action: "ListChannels",
      list,
      items: (page) => page.ChannelSummaries ?? [],
      key: (channel) => channel.ChannelARN,
      next: ({ NextToken }) =>
        NextToken ? { ...request, NextToken } : undefined,
    },
  );
}
