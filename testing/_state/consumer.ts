/**
 * A registered consumer (enhanced fan-out) and its subscriptions.
 *
 * @module
 */

/** A subscription of one consumer to one shard. */
export interface Subscription {
  /** When SubscribeToShard succeeded, in milliseconds since the epoch. */
  readonly startedAt: number;
  /** Sends an exception message and ends the subscription. */
  endWithException(type: string, message: string): void;
  /** Ends the subscription. */
  end(): void;
}

/** A consumer in the API's shape. */
export interface ConsumerDescription {
  ConsumerName: string;
  ConsumerARN: string;
  ConsumerStatus: string;
  ConsumerCreationTimestamp: Date;
}

/** A registered consumer. */
export class FanOutConsumer {
  readonly name: string;
  readonly arn: string;
  /** When it was registered, in milliseconds since the epoch. */
  readonly createdAt: number;
  status: "CREATING" | "ACTIVE" | "DELETING" = "CREATING";
  readonly tags: Map<string, string> = new Map();
  /** The resource policy as JSON text. */
  policy: string | undefined;
  /** The latest subscription of each shard, by shard id. It may have ended. */
  readonly subscriptions: Map<string, Subscription> = new Map();

  /** Makes a consumer of the stream with this ARN, in state CREATING. */
  constructor(name: string, streamArn: string, createdAt: number) {
    this.name = name;
    this.createdAt = createdAt;
    this.arn = `${streamArn}/consumer/${name}:${Math.floor(createdAt / 1_000)}`;
  }

  /** The consumer in the API's shape. */
  describe(): ConsumerDescription {
    return {
      ConsumerName: this.name,
      ConsumerARN: this.arn,
      ConsumerStatus: this.status,
      ConsumerCreationTimestamp: new Date(this.createdAt),
    };
  }

  /** Ends all subscriptions with an exception message. */
  endAllWithException(type: string, message: string): void {
    for (const subscription of this.subscriptions.values()) {
      subscription.endWithException(type, message);
    }
  }

  /** Ends all subscriptions. */
  endAll(): void {
    for (const subscription of this.subscriptions.values()) subscription.end();
  }
}
