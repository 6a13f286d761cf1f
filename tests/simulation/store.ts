/**
 * The store of checkpoints of a simulation, which writes each call into the journal.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import {
  type Checkpointer,
  DynamoDBCheckpointer,
  type EffectContext,
  type HolderCallOptions,
  type Lease,
  MemoryCheckpointer,
  type NewLease,
  SqlCheckpointer,
} from "../../checkpoint/mod.ts";
import type { Checkpoint, ConsumerRecord } from "../../records.ts";
import type { VirtualClock } from "../../testing/mod.ts";
import { NO_ENVIRONMENT } from "./client.ts";
import { DynamoDBTable } from "./dynamodb.ts";
import type { Item, Journal } from "./journal.ts";

/** A row as the simulation knows it from the accepted writes. */
interface Row {
  counter: number;
  owner: string | undefined;
  requestedBy: string | undefined;
  writtenAt: number;
}

/** The store of all workers. */
export class SimulatedStore {
  readonly #inner: Checkpointer;
  readonly #sql: SqlCheckpointer<DatabaseSync> | undefined;
  readonly #database: DatabaseSync | undefined;
  readonly #clock: VirtualClock;
  readonly #journal: Journal;
  readonly #rows = new Map<string, Row>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    type: "memory" | "sqlite" | "dynamodb",
    clock: VirtualClock,
    journal: Journal,
  ) {
    this.#clock = clock;
    this.#journal = journal;
    if (type === "memory") {
      this.#inner = new MemoryCheckpointer();
      return;
    }
    if (type === "dynamodb") {
      this.#inner = new DynamoDBCheckpointer({
        tableName: "leases",
        region: "us-east-1",
        credentials: { accessKeyId: "id", secretAccessKey: "secret" },
        coordinatorTableName: false,
        environment: NO_ENVIRONMENT,
        fetch: new DynamoDBTable().fetch,
        clock,
        random: () => 0.5,
      });
      return;
    }
    const connection = new DatabaseSync(":memory:");
    connection.exec("CREATE TABLE effects (id TEXT NOT NULL)");
    this.#database = connection;
    this.#sql = new SqlCheckpointer({
      connection,
      name: "simulation",
      clock,
      random: () => 0.5,
    });
    this.#inner = this.#sql;
  }

  /** All leases. */
  list(streamName: string): Promise<Lease[]> {
    return this.#inner.list(streamName);
  }

  /** The ids of the values whose effects are stored, with repetitions. */
  get effects(): string[] {
    const rows = this.#database?.prepare("SELECT id FROM effects").all() ?? [];
    return rows.map(({ id }) => String(id));
  }

  /** Closes the database. */
  close(): void {
    this.#database?.close();
  }

  /** Stores effects and their position in one step. */
  commit(
    records: readonly ConsumerRecord<Item>[],
    context: EffectContext,
  ): Promise<void> {
    return this.#inTurn(async () => {
      await this.#sql!.commit(records, context, (fresh, database) => {
        const add = database.prepare("INSERT INTO effects VALUES (?)");
        for (const { value } of fresh) add.run(value.id);
      });
    });
  }

  /** The store as one life of a worker reaches it. */
  of(life: string): Checkpointer {
    const inner = this.#inner;
    const turn = <R>(work: () => Promise<R>) => this.#inTurn(work);
    return {
      list: (streamName) => turn(() => inner.list(streamName)),
      create: (lease) =>
        turn(async () => {
          const isCreated = await inner.create(lease);
          if (isCreated) {
            this.#created(lease);
            const { shardId } = lease;
            this.#journal.note({ type: "created", life, shardId });
          }
          return isCreated;
        }),
      take: (lease, owner) =>
        turn(async () => {
          const before = this.#rows.get(lease.shardId);
          const known = before && { ...before };
          const taken = await inner.take(lease, owner);
          if (taken) {
            this.#check(life, lease);
            this.#written(taken);
            this.#journal.note({
              type: "taken",
              life,
              shardId: lease.shardId,
              owner,
              before: known?.owner,
              requestedBy: known?.requestedBy,
              checkpoint: taken.checkpoint,
              idleMs: this.#clock.monotonic() - (known?.writtenAt ?? 0),
            });
          }
          return taken;
        }),
      renew: (lease, options?: HolderCallOptions) =>
        this.#holderWrite(life, lease, () => inner.renew(lease, options)),
      checkpoint: (lease, checkpoint, options) =>
        turn(async () => {
          const stored = await inner.checkpoint(lease, checkpoint, options);
          this.#checkpointed(life, lease, checkpoint, stored);
          return stored;
        }),
      release: (lease) =>
        turn(async () => {
          const stored = await inner.release(lease);
          if (stored) {
            this.#check(life, lease);
            this.#written(stored);
            const { shardId } = lease;
            this.#journal.note({ type: "released", life, shardId });
          }
          return stored;
        }),
      request: (lease, requester) =>
        turn(async () => {
          const stored = await inner.request(lease, requester);
          const row = this.#rows.get(lease.shardId);
          if (stored && row) row.requestedBy = requester;
          return stored;
        }),
      replace: (lease, next) =>
        turn(async () => {
          const isReplaced = await inner.replace(lease, next);
          if (isReplaced) {
            this.#created(next, lease.counter + 1);
            this.#journal.problem(`${life} replaced ${lease.shardId}`);
          }
          return isReplaced;
        }),
      delete: (lease) =>
        turn(async () => {
          const isDeleted = await inner.delete(lease);
          if (isDeleted) {
            this.#rows.delete(lease.shardId);
            this.#journal.problem(`${life} deleted ${lease.shardId}`);
          }
          return isDeleted;
        }),
    };
  }

  #holderWrite(
    life: string,
    lease: Lease,
    write: () => Promise<Lease | undefined>,
  ): Promise<Lease | undefined> {
    return this.#inTurn(async () => {
      const stored = await write();
      if (stored) {
        this.#check(life, lease);
        this.#written(stored);
      }
      return stored;
    });
  }

  #checkpointed(
    life: string,
    lease: Lease,
    checkpoint: Checkpoint,
    stored: Lease | undefined,
  ): void {
    const { shardId } = lease;
    if (stored) {
      this.#check(life, lease);
      this.#written(stored);
    }
    this.#journal.note({
      type: "checkpoint",
      life,
      shardId,
      checkpoint,
      isAccepted: stored !== undefined,
    });
  }

  /** Checks that an accepted write had the counter that was stored. */
  #check(life: string, { shardId, counter }: Lease): void {
    const row = this.#rows.get(shardId);
    if (row?.counter === counter) return;
    this.#journal.note({ type: "stale-write", life, shardId });
  }

  #created({ shardId }: NewLease, counter = 0): void {
    this.#rows.set(shardId, {
      counter,
      owner: undefined,
      requestedBy: undefined,
      writtenAt: this.#clock.monotonic(),
    });
  }

  #written({ shardId, counter, owner, requestedBy }: Lease): void {
    const writtenAt = this.#clock.monotonic();
    this.#rows.set(shardId, { counter, owner, requestedBy, writtenAt });
  }

  /** One call at a time, so that the journal has the calls in the order of their effects. */
  #inTurn<R>(work: () => Promise<R>): Promise<R> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return done;
  }
}
