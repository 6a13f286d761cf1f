/**
 * One channel: the settings and status of a delivery to S3. It delivers nothing.
 *
 * @module
 */
import { inUse } from "../_wire/service_error.ts";
import type { Stream } from "./stream.ts";

/** The ChannelStatus of the API, without FAILED: no delivery can fail here. */
export type ChannelStatus = "CREATING" | "ACTIVE" | "UPDATING" | "DELETING";

/** The settings of a channel, in the shapes and with the names of the API. */
export interface ChannelSettings {
  readonly ServiceExecutionRoleARN: string;
  readonly RecordConfiguration: Readonly<Record<string, unknown>>;
  readonly S3DestinationConfiguration?: Readonly<Record<string, unknown>>;
  readonly S3TablesDestinationConfiguration?: Readonly<Record<string, unknown>>;
  readonly EncryptionConfiguration?: Readonly<Record<string, unknown>>;
  readonly LoggingConfiguration: Readonly<Record<string, unknown>>;
}

/** The parts of a new channel. */
export interface ChannelOptions {
  readonly name: string;
  readonly id: string;
  readonly arn: string;
  readonly stream: Stream;
  readonly settings: ChannelSettings;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

/** A channel of the account. */
export class Channel {
  readonly name: string;
  /** The ChannelId, which is also the last part of the ARN. */
  readonly id: string;
  readonly arn: string;
  /** The stream that the channel reads. */
  readonly stream: Stream;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly tags: Map<string, string> = new Map();
  /** The resource policy as JSON text. */
  policy: string | undefined;
  status: ChannelStatus = "CREATING";
  settings: ChannelSettings;

  /** Makes a channel in state CREATING. */
  constructor(options: ChannelOptions) {
    this.name = options.name;
    this.id = options.id;
    this.arn = options.arn;
    this.stream = options.stream;
    this.settings = options.settings;
    this.createdAt = options.createdAt;
  }

  /** Throws unless the channel is ACTIVE. */
  requireActive(): void {
    if (this.status !== "ACTIVE") {
      throw inUse(
        `Channel ${this.arn} is not ACTIVE, instead in state ${this.status}.`,
      );
    }
  }

  /** The channel in the API's shape. */
  describe(): Record<string, unknown> {
    const { RecordConfiguration, ...settings } = this.settings;
    return {
      ...this.#head(),
      ...settings,
      StreamConfigurationList: [{ ...this.#source(), RecordConfiguration }],
    };
  }

  /** The channel in the shape of ListChannels. */
  summarize(): Record<string, unknown> {
    return {
      ...this.#head(),
      ChannelDestinationType: this.settings.S3DestinationConfiguration
        ? "S3"
        : "S3_TABLES",
      Streams: [this.#source()],
    };
  }

  #head(): Record<string, unknown> {
    return {
      ChannelName: this.name,
      ChannelARN: this.arn,
      ChannelId: this.id,
      ChannelStatus: this.status,
      ChannelCreationTimestamp: new Date(this.createdAt),
    };
  }

  #source(): Record<string, unknown> {
    return {
      StreamARN: this.stream.arn,
      StreamCreationTimestamp: new Date(this.stream.createdAt),
    };
  }
}
