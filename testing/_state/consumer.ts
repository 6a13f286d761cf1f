/**
 * A registered consumer and its subscriptions.
 *
 * @module
 */

/** A subscription of one consumer to one shard. */
export interface Subscription {
  /** When SubscribeToShard succeeded. */
  readonly startedAt: number;
  /** Ends it with an exception inside the stream. */
  evict(type: string, message: string): void;
  /** Ends it. */
  end(): void;
}

/** What the API tells about a consumer. */
export interface ConsumerDescription {
  ConsumerName: string;
  ConsumerARN: string;
  ConsumerStatus: string;
  ConsumerCreationTimestamp: Date;
}

/** A consumer with enhanced fan-out. */
export class FanOutConsumer {
  /** Its name. */
  readonly name: string;
  /** Its ARN. */
  readonly arn: string;
  /** When it was registered. */
  readonly createdAt: number;
  /** Its state. */
  status: "CREATING" | "ACTIVE" | "DELETING" = "CREATING";
  /** Its tags. */
  readonly tags: Map<string, string> = new Map();
  /** Its resource policy. */
  policy: string | undefined;
  /** The newest subscription by shard, ended or not. */
  readonly subscriptions: Map<string, Subscription> = new Map();

  /** A consumer of the stream with this ARN. */
  constructor(name: string, streamArn: string, createdAt: number) {
    this.name = name;
    this.createdAt = createdAt;
    this.arn = `${streamArn}/consumer/${name}:${Math.floor(createdAt / 1_000)}`;
  }

  /** The consumer as the API shows it. */
  describe(): ConsumerDescription {
    return {
      ConsumerName: this.name,
      ConsumerARN: this.arn,
      ConsumerStatus: this.status,
      ConsumerCreationTimestamp: new Date(this.createdAt),
    };
  }

  /** Ends all subscriptions with an exception. */
  evictAll(type: string, message: string): void {
    for (const subscription of this.subscriptions.values()) {
      subscription.evict(type, message);
    }
  }

  /** Ends all subscriptions. */
  endAll(): void {
    for (const subscription of this.subscriptions.values()) subscription.end();
  }
}
