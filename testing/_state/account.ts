/**
 * The state of one account in one region, and the settings of the server.
 *
 * @module
 */
import type { Clock } from "../../_core/clock.ts";
import {
  invalidArgument,
  limitExceeded,
  notFound,
  validation,
} from "../_wire/service_error.ts";
import type { FanOutConsumer } from "./consumer.ts";
import type { Channel } from "./channel.ts";
import { CONTROL_CALLS_PER_SECOND } from "./limits.ts";
import type { Queue } from "./queue.ts";
import { TokenBucket } from "./rate.ts";
import type { Stream } from "./stream.ts";

/** Which rate limits of the service are enforced. */
export interface EnforcedLimits {
  /** Records and bytes written per second, per shard. */
  write: boolean;
  /** Read calls and bytes per second, per shard. */
  read: boolean;
  /** Calls of all other actions per second, per account. */
  control: boolean;
}

/** The settings of an account. */
export interface AccountOptions {
  accountId: string;
  region: string;
  clock: Clock;
  random: () => number;
  limits: EnforcedLimits;
  transitionMs: number;
  shardLimit: number;
  maxPutRecordsBytes: number;
  maxInFlightQueueRecords: number;
}

/** A stream by name, ARN or both, as most requests give it. */
export interface StreamReference {
  StreamName?: string;
  StreamARN?: string;
}

interface Transition {
  readonly at: number;
  readonly apply: () => void;
}

/** The minimum throughput commitment of an account. */
export interface Commitment {
  startedAt: number;
  /** When the commitment ends. Absent until it is cancelled. */
  endsAt?: number;
}

/** An account with its streams. */
export class Account {
  /** The settings. */
  readonly options: AccountOptions;
  /** The streams by name. */
  readonly streams: Map<string, Stream> = new Map();
  /** The queues by id. */
  readonly queues: Map<string, Queue> = new Map();
  /** The channels by id. */
  readonly channels: Map<string, Channel> = new Map();
  /**
   * The minimum throughput commitment. It may have ended: see {@linkcode Account.hasCommitment}.
   */
  commitment: Commitment | undefined;
  readonly #transitions: Transition[] = [];
  readonly #controlCalls: Map<string, TokenBucket> = new Map();

  /** Makes an account without streams. */
  constructor(options: AccountOptions) {
    this.options = options;
  }

  /** The time on the server's clock, in milliseconds since the epoch. */
  get now(): number {
    return this.options.clock.now();
  }

  /** Whether a minimum throughput commitment is in force. */
  get hasCommitment(): boolean {
    const { commitment } = this;
    return commitment !== undefined &&
      (commitment.endsAt === undefined || commitment.endsAt > this.now);
  }

  /** The number of open shards in all provisioned streams. */
  get openShards(): number {
    let count = 0;
    for (const stream of this.streams.values()) {
      if (stream.mode === "PROVISIONED") count += stream.shards.open.length;
    }
    return count;
  }

  /** The ARN of the stream with this name. */
  streamArn(name: string): string {
    return this.arn("stream", name);
  }

  /** The ARN of a resource of the account. */
  arn(type: "stream" | "queue" | "channel", id: string): string {
    const { region, accountId } = this.options;
    const partition = region.startsWith("cn-") ? "aws-cn" : "aws";
    return `arn:${partition}:kinesis:${region}:${accountId}:${type}/${id}`;
  }

  /** A new id for a queue or channel: 16 letters and digits, as it becomes part of a host name. */
  newId(): string {
    return Array.from(
      { length: 16 },
      () => Math.floor(this.options.random() * 36).toString(36),
    ).join("");
  }

  /** The stream that a request names. Throws if it does not exist or name and ARN disagree. */
  stream(reference: StreamReference): Stream {
    const { StreamARN: arn } = reference;
    const name = reference.StreamName ?? streamNameOf(arn);
    if (name === undefined) {
      throw invalidArgument(
        "Either StreamName or StreamARN must be given.",
      );
    }
    const stream = this.streams.get(name);
    if (arn !== undefined && arn !== this.streamArn(name)) {
      if (reference.StreamName !== undefined) {
        throw invalidArgument(
          `StreamARN ${arn} and StreamName ${name} do not name the same stream.`,
        );
      }
      throw notFound(`Stream ${arn} not found.`);
    }
    if (!stream) {
      throw notFound(
        `Stream ${name} under account ${this.options.accountId} not found.`,
      );
    }
    return stream;
  }

  /** The registered consumer with this ARN, and its stream. Throws if there is none. */
  consumer(arn: string): { stream: Stream; consumer: FanOutConsumer } {
    const stream = this.streams.get(
      /:stream\/([^/]+)\/consumer\//.exec(arn)?.[1] ?? "",
    );
    for (const consumer of stream?.consumers.values() ?? []) {
      if (consumer.arn === arn) return { stream: stream!, consumer };
    }
    throw notFound(`Consumer ${arn} not found.`);
  }

  /** The queue with this ARN. Throws if there is none. */
  queue(arn: string): Queue {
    const queue = this.queues.get(arn.slice(arn.lastIndexOf("/") + 1));
    if (queue?.arn !== arn) throw notFound(`Queue ${arn} not found.`);
    return queue;
  }

  /** The queues of a stream. */
  queuesOf(stream: Stream): Queue[] {
    return [...this.queues.values()].filter((queue) => queue.stream === stream);
  }

  /** The channel with this ARN. Throws if there is none. */
  channel(arn: string): Channel {
    const channel = this.channels.get(arn.slice(arn.lastIndexOf("/") + 1));
    if (channel?.arn !== arn) throw notFound(`Channel ${arn} not found.`);
    return channel;
  }

  /** The channels of a stream. */
  channelsOf(stream: Stream): Channel[] {
    return [...this.channels.values()]
      .filter((channel) => channel.stream === stream);
  }

  /** The stream, registered consumer, queue or channel with this ARN. Throws if there is none. */
  resource(arn: string): Stream | FanOutConsumer | Queue | Channel {
    if (/:queue\/[^/]+$/.test(arn)) return this.queue(arn);
    if (/:channel\/[^/]+$/.test(arn)) return this.channel(arn);
    if (/:stream\/[^/]+\/consumer\//.test(arn)) {
      return this.consumer(arn).consumer;
    }
    if (streamNameOf(arn) === undefined) {
      throw validation(
        `ResourceARN ${arn} is not the ARN of a Kinesis resource.`,
      );
    }
    return this.stream({ StreamARN: arn });
  }

  /** Throws if `additional` more shards would exceed the shard limit of the account. */
  requireShards(additional: number): void {
    const { shardLimit, accountId, region } = this.options;
    if (this.openShards + additional > shardLimit) {
      throw limitExceeded(
        `This request would exceed the shard limit for the account ${accountId} in ${region}. Current shard count for the account: ${this.openShards}. Limit: ${shardLimit}. Number of additional shards that would have resulted from this request: ${additional}.`,
      );
    }
  }

  /**
   * Counts a call of a control-plane action. Throws if the account exceeds the rate of the action.
   */
  countControlCall(action: string): void {
    const perSecond = CONTROL_CALLS_PER_SECOND[action];
    if (perSecond === undefined || !this.options.limits.control) return;
    let bucket = this.#controlCalls.get(action);
    if (!bucket) {
      bucket = new TokenBucket(perSecond, this.now);
      this.#controlCalls.set(action, bucket);
    }
    if (!bucket.has(1, this.now)) {
      throw limitExceeded(
        `Rate exceeded for ${action} under account ${this.options.accountId}.`,
      );
    }
    bucket.take(1);
  }

  /** Applies a change after the transition time of the server, or now if that is 0. */
  schedule(apply: () => void): void {
    const { transitionMs } = this.options;
    if (transitionMs <= 0) apply();
    else this.#transitions.push({ at: this.now + transitionMs, apply });
  }

  /** When the next scheduled change is due; `Infinity` if there is none. */
  get nextTransitionAt(): number {
    return this.#transitions[0]?.at ?? Infinity;
  }

  /**
   * Applies the scheduled changes that are due. The server sets no timers, so each request calls
   * this.
   */
  applyDueTransitions(): void {
    while (this.#transitions[0] && this.#transitions[0].at <= this.now) {
      this.#transitions.shift()!.apply();
    }
  }
}

/** The stream name in an ARN; `undefined` if it is not the ARN of a stream. */
function streamNameOf(arn: string | undefined): string | undefined {
  return arn === undefined
    ? undefined
    : /^arn:[^:]+:kinesis:[^:]+:\d{12}:stream\/([^/]+)$/.exec(arn)?.[1];
}
