/**
 * The streams that one consumer reads.
 *
 * @module
 */
import type { StreamChoice } from "../_aws/stream_choice.ts";
import { notify } from "../_core/notify.ts";
import { textOf } from "../_core/text_of.ts";
import { CheckpointError, ClosedError, StreamError } from "../errors.ts";
import { throwIfNotStored } from "./values/ack_errors.ts";
import { Coordinator, type CoordinatorEvents } from "./coordinator.ts";
import { ErrorLog } from "./health/error_log.ts";
import type { ResolvedConsumerOptions } from "./options/resolved_options.ts";
import { areAlike } from "./options/resolved_streams.ts";
import type { SharedByShards } from "./session_parts.ts";
import type { ShardSession } from "./shard_session.ts";
import type { ShardStatus } from "../health.ts";
import { statusOf, type StreamStatus } from "./health/status.ts";
import { reportLag } from "./health/lag_report.ts";
import { reportStatus } from "./health/status_report.ts";

/** The objects that the shards of all streams share. */
export type SharedByStreams = Omit<SharedByShards, "streamIndex">;

/** One stream and its coordinator. */
interface Member<T> {
  readonly options: ResolvedConsumerOptions<T>;
  readonly coordinator: Coordinator<T>;
  readonly errors: ErrorLog;
}

/**
 * Coordinates each stream for itself. The bounds of memory and of unacknowledged values are shared
 * by the shards of all streams. If one stream fails, the consumer fails.
 */
export class StreamGroup<T> {
  readonly #shared: SharedByStreams;
  readonly #events: CoordinatorEvents<T>;
  readonly #members: Member<T>[] = [];
  /** The errors of single streams, with the name of their stream. */
  readonly #named = new WeakMap<object, StreamError>();
  /** Ends the reports of the status. */
  readonly #stop = new AbortController();
  #isStarted = false;
  #ready: Promise<void> | undefined;

  /** Nothing happens before {@linkcode StreamGroup.start}. */
  constructor(
    streams: readonly ResolvedConsumerOptions<T>[],
    shared: SharedByStreams,
    events: CoordinatorEvents<T>,
  ) {
    this.#shared = shared;
    this.#events = events;
    for (const options of streams) this.#join(options);
  }

  /** Adds a stream. Resolves when every shard that is read of it at first has an iterator. */
  async add(options: ResolvedConsumerOptions<T>): Promise<void> {
    const member = this.#join(options);
    this.#ready = undefined;
    if (this.#isStarted) this.#startOne(member);
    await this.#readyOf(member);
  }

  /** Resolves when every shard that is read at first has an iterator. */
  get ready(): Promise<void> {
    if (!this.#ready) {
      const all = this.#members.map((member) => this.#readyOf(member));
      this.#ready = Promise.all(all).then(() => {});
      // The promise need not be awaited, so its rejection must not end the program.
      this.#ready.catch(() => {});
    }
    return this.#ready;
  }

  /** The number of shards that this worker reads. */
  get shardCount(): number {
    let count = 0;
    for (const { coordinator } of this.#members) {
      count += coordinator.sessions.size;
    }
    return count;
  }

  /** Whether each stream has reached its `until`. */
  get isDone(): boolean {
    return this.#members.every(({ coordinator }) => coordinator.isDone);
  }

  /** Whether one of the streams cannot be distinguished from this one. */
  has(stream: StreamChoice): boolean {
    return this.#members.some((member) => areAlike(member.options, stream));
  }

  /** Starts to look for shards. */
  start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    for (const member of this.#members) this.#startOne(member);
  }

  /** Looks at the shards of a stream now if the session is finished. */
  wakeIfFinished(session: ShardSession<T>): void {
    this.#memberOf(session)?.coordinator.wakeIfFinished(session);
  }

  /**
   * The error of a session as the application gets it: with several streams, it names the stream.
   */
  nameError(session: ShardSession<T>, error: unknown): unknown {
    const member = this.#memberOf(session);
    return member ? this.#name(member.options.stream, error) : error;
  }

  /** The status of every shard of every stream. */
  get shards(): ShardStatus[] {
    return this.#members.flatMap((member) => this.#shardsOf(member));
  }

  /** The status of each stream as a whole. */
  get status(): StreamStatus[] {
    return this.#members.map(({ options, coordinator, errors }) => ({
      stream: options.stream,
      coverage: coordinator.coverage,
      lastError: errors.of(undefined),
    }));
  }

  /**
   * Stores the progress of all streams.
   *
   * @throws {CheckpointError} if the progress of some shards could not be stored
   */
  checkpoint(): Promise<void> {
    return this.#all((coordinator) => coordinator.checkpoint());
  }

  /**
   * Stops reading, stores the progress and gives the leases back. `isDraining` says whether to wait
   * for the acknowledgements of the values that are handed out.
   *
   * @throws {CheckpointError} if the progress of some shards could not be stored
   */
  close(reason: unknown, isDraining = false): Promise<void> {
    this.#stop.abort();
    return this.#all(async (coordinator, { hooks, stream, instance }) => {
      try {
        await coordinator.close(reason, isDraining);
      } finally {
        if (this.#isStarted) {
          notify(hooks, "onConsumerEnd", { stream, instance });
        }
      }
    });
  }

  #join(options: ResolvedConsumerOptions<T>): Member<T> {
    const { stream, hooks, clock } = options;
    const errors = new ErrorLog(clock);
    const listening = { ...options, hooks: errors.listen(hooks) };
    const coordinator: Coordinator<T> = new Coordinator(listening, {
      ...this.#shared,
      streamIndex: this.#members.length,
    }, {
      ...this.#events,
      synced: () => {
        errors.keepOnly((shardId) => coordinator.lineage.has(shardId));
        this.#events.synced();
      },
      failed: (error) => this.#events.failed(this.#name(stream, error)),
    });
    const member = { options, coordinator, errors };
    this.#members.push(member);
    return member;
  }

  #startOne(member: Member<T>): void {
    const { coordinator, options } = member;
    coordinator.start();
    const status = () => ({
      shards: this.#shardsOf(member),
      coverage: coordinator.coverage,
    });
    const { signal } = this.#stop;
    reportStatus(options, status, signal);
    reportLag(options, coordinator.sessions, signal);
  }

  #shardsOf(
    { coordinator, options, errors }: Member<T>,
  ): ShardStatus[] {
    const { stream } = options;
    return statusOf(coordinator, { ...options, errors })
      .map((status) => ({ stream, ...status }));
  }

  #memberOf(session: ShardSession<T>): Member<T> | undefined {
    if (this.#members.length === 1) return this.#members[0];
    return this.#members.find(({ coordinator }) =>
      coordinator.sessions.get(session.shardId) === session
    );
  }

  #readyOf({ coordinator }: Member<T>): Promise<void> {
    return coordinator.ready.catch((error) => {
      throw this.#named.get(error) ?? error;
    });
  }

  #name(stream: string, error: unknown): unknown {
    if (this.#members.length === 1 || error instanceof ClosedError) {
      return error;
    }
    const why = error instanceof Error ? error.message : textOf(error);
    const named = new StreamError(
      `Cannot read ${stream}: ${why}`,
      { stream, cause: error },
    );
    if (typeof error === "object" && error) this.#named.set(error, named);
    return named;
  }

  async #all(
    work: (
      coordinator: Coordinator<T>,
      options: ResolvedConsumerOptions<T>,
    ) => Promise<void>,
  ) {
    const failures = new Map<string, unknown>();
    const others: unknown[] = [];
    await Promise.all(this.#members.map(async ({ options, coordinator }) => {
      try {
        await work(coordinator, options);
      } catch (error) {
        if (!(error instanceof CheckpointError)) return others.push(error);
        for (const [shardId, cause] of error.failures) {
          failures.set(this.#keyOf(options.stream, shardId), cause);
        }
      }
    }));
    if (others.length > 0) throw others[0];
    throwIfNotStored(failures);
  }

  /** The shards of every stream have the same ids. */
  #keyOf(stream: string, shardId: string): string {
    return this.#members.length === 1 ? shardId : `${stream} ${shardId}`;
  }
}
