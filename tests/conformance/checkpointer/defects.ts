/**
 * Defective checkpointers, to test the suite itself. Each breaks one rule of the contract.
 *
 * @module
 */
import type {
  CheckpointerCallOptions,
  HolderCallOptions,
  Lease,
  NewLease,
} from "../../../checkpoint/checkpointer.ts";
import type { MemoryCheckpointer } from "../../../checkpoint/memory.ts";
import type { Checkpoint } from "../../../records.ts";
import { Base, type Defect } from "./base.ts";
import { REQUEST_DEFECTS } from "./request_defects.ts";

type Options = CheckpointerCallOptions;
type HolderOptions = HolderCallOptions;

function mapStream(map: (streamName: string) => string): MemoryCheckpointer {
  return new class extends Base {
    override async list(streamName: string, options?: Options) {
      const leases = await super.list(map(streamName), options);
      return leases.map((lease) => ({ ...lease, streamName }));
    }
    override create(lease: NewLease, options?: Options) {
      const streamName = map(lease.streamName);
      return super.create({ ...lease, streamName }, options);
    }
    override async take(lease: Lease, owner: string, options?: Options) {
      const { streamName } = lease;
      const mapped = { ...lease, streamName: map(streamName) };
      const next = await super.take(mapped, owner, options);
      return next && { ...next, streamName };
    }
  }();
}

function mapCheckpoint(
  map: (checkpoint: Checkpoint) => Checkpoint,
): MemoryCheckpointer {
  return new class extends Base {
    override create(lease: NewLease, options?: Options) {
      const checkpoint = map(lease.checkpoint);
      return super.create({ ...lease, checkpoint }, options);
    }
    override checkpoint(
      lease: Lease,
      to: Checkpoint,
      options?: HolderOptions,
    ) {
      return super.checkpoint(lease, map(to), options);
    }
  }();
}

export const DEFECTS: readonly Defect[] = [
  {
    name: "ignores the counter when taking",
    caughtBy:
      "take is refused and changes nothing when the counter is not current",
    make: () =>
      new class extends Base {
        override async take(lease: Lease, owner: string, options?: Options) {
          return super.take(await this.current(lease), owner, options);
        }
      }(),
  },
  {
    name: "ignores the counter when a holder checkpoints",
    caughtBy: "checkpoint is refused and changes nothing with another counter",
    make: () =>
      new class extends Base {
        override async checkpoint(
          lease: Lease,
          to: Checkpoint,
          options?: HolderOptions,
        ) {
          const { counter } = await this.current(lease);
          return super.checkpoint({ ...lease, counter }, to, options);
        }
      }(),
  },
  {
    name: "accepts a counter that is ahead",
    caughtBy: "renew is refused and changes nothing with another counter",
    make: () =>
      new class extends Base {
        override async renew(lease: Lease, options?: HolderOptions) {
          const counter = Math.min(
            lease.counter,
            (await this.current(lease)).counter,
          );
          return super.renew({ ...lease, counter }, options);
        }
      }(),
  },
  {
    name: "ignores the owner when a holder checkpoints",
    caughtBy: "checkpoint is refused and changes nothing with another owner",
    make: () =>
      new class extends Base {
        override async checkpoint(
          lease: Lease,
          to: Checkpoint,
          options?: HolderOptions,
        ) {
          const { owner } = await this.current(lease);
          return super.checkpoint({ ...lease, owner }, to, options);
        }
      }(),
  },
  {
    name: "compares owners without regard to case",
    caughtBy: "renew is refused and changes nothing with another owner",
    make: () =>
      new class extends Base {
        override renew(lease: Lease, options?: HolderOptions) {
          const owner = lease.owner?.toLowerCase();
          return super.renew({ ...lease, owner }, options);
        }
      }(),
  },
  {
    name: "renews a lease without an owner",
    caughtBy:
      "renew is refused and changes nothing when the lease has no owner",
    make: () =>
      new class extends Base {
        override async renew(lease: Lease, options?: HolderOptions) {
          const stored = await this.stored(lease);
          if (
            stored && stored.owner === undefined && lease.owner === undefined &&
            stored.counter === lease.counter
          ) {
            const counter = lease.counter + 1;
            return await this.overwrite({ ...stored, counter });
          }
          return await super.renew(lease, options);
        }
      }(),
  },
  {
    name: "counts a refused take",
    caughtBy:
      "take is refused and changes nothing when the counter is not current",
    make: () =>
      new class extends Base {
        override async take(lease: Lease, owner: string, options?: Options) {
          const taken = await super.take(lease, owner, options);
          if (!taken) await super.renew(await this.current(lease));
          return taken;
        }
      }(),
  },
  {
    name: "throws when a write is refused",
    caughtBy: "release is refused and changes nothing with another owner",
    make: () =>
      new class extends Base {
        override async release(lease: Lease, options?: Options) {
          const released = await super.release(lease, options);
          if (!released) throw new Error("refused");
          return released;
        }
      }(),
  },
  {
    name: "does not count a renewal",
    caughtBy: "renew by the holder does that, adds 1 and keeps the rest",
    make: () =>
      new class extends Base {
        override async renew(lease: Lease, options?: HolderOptions) {
          const renewed = await super.renew(lease, options);
          return renewed && await this.overwrite({ ...renewed, counter: 1 });
        }
      }(),
  },
  {
    name: "stores the checkpoint of the lease that is passed in",
    caughtBy: "renew looks at the ids, the owner and the counter only",
    make: () =>
      new class extends Base {
        override async renew(lease: Lease, options?: HolderOptions) {
          const renewed = await super.renew(lease, options);
          const { checkpoint } = lease;
          return renewed && await this.overwrite({ ...renewed, checkpoint });
        }
      }(),
  },
  {
    name: "forgets the checkpoint when a lease is taken",
    caughtBy: "take sets the owner, adds 1 to the counter and keeps the rest",
    make: () =>
      new class extends Base {
        override async take(lease: Lease, owner: string, options?: Options) {
          const taken = await super.take(lease, owner, options);
          const checkpoint = { type: "TRIM_HORIZON" } as const;
          return taken && await this.overwrite({ ...taken, checkpoint });
        }
      }(),
  },
  {
    name: "keeps the owner when a lease is released",
    caughtBy: "release by the holder does that, adds 1 and keeps the rest",
    make: () =>
      new class extends Base {
        override release(lease: Lease, options?: Options) {
          return super.renew(lease, options);
        }
      }(),
  },
  {
    name: "answers with the lease as it was before",
    caughtBy: "renew by the holder does that, adds 1 and keeps the rest",
    make: () =>
      new class extends Base {
        override async renew(lease: Lease, options?: HolderOptions) {
          return await super.renew(lease, options) && lease;
        }
      }(),
  },
  {
    name: "stores a lease when it renews one that is absent",
    caughtBy: "renew is refused and stores nothing when there is no lease",
    make: () =>
      new class extends Base {
        override async renew(lease: Lease, options?: HolderOptions) {
          if (!await this.stored(lease)) await super.create(lease);
          return await super.renew(lease, options);
        }
      }(),
  },
  {
    name: "overwrites when it creates",
    caughtBy: "create is refused and changes nothing when there is a lease",
    make: () =>
      new class extends Base {
        override async create(lease: NewLease, options?: Options) {
          for (const stored of await this.list(lease.streamName, options)) {
            if (stored.shardId === lease.shardId) await super.delete(stored);
          }
          return await super.create(lease, options);
        }
      }(),
  },
  {
    name: "deletes with any counter",
    caughtBy:
      "delete is refused and changes nothing when the counter is not current",
    make: () =>
      new class extends Base {
        override async delete(lease: Lease, options?: Options) {
          return super.delete(await this.current(lease), options);
        }
      }(),
  },
  {
    name: "replaces with any counter",
    caughtBy:
      "replace is refused and changes nothing when the counter is not current",
    make: () =>
      new class extends Base {
        override async replace(lease: Lease, next: NewLease, opts?: Options) {
          return super.replace(await this.current(lease), next, opts);
        }
      }(),
  },
  {
    name: "replaces in two steps, so that the counter starts over",
    caughtBy:
      "replace puts another lease in place of one whose counter is current, for every owner",
    make: () =>
      new class extends Base {
        override async replace(lease: Lease, next: NewLease, opts?: Options) {
          return await super.delete(lease, opts) && await super.create(next);
        }
      }(),
  },
  {
    name: "keeps the checkpoint when a lease is replaced",
    caughtBy:
      "replace puts another lease in place of one whose counter is current, for every owner",
    make: () =>
      new class extends Base {
        override async replace(lease: Lease, next: NewLease, opts?: Options) {
          const { checkpoint } = await this.current(lease);
          return super.replace(lease, { ...next, checkpoint }, opts);
        }
      }(),
  },
  {
    name: "forgets where a shard starts",
    caughtBy: "keeps where the shard starts, through every write",
    make: () =>
      new class extends Base {
        override create(lease: NewLease, options?: Options) {
          const startingSequenceNumber = undefined;
          return super.create({ ...lease, startingSequenceNumber }, options);
        }
      }(),
  },
  {
    name: "overwrites where a shard starts when it is taken",
    caughtBy: "keeps where the shard starts, through every write",
    make: () =>
      new class extends Base {
        override async take(lease: Lease, owner: string, options?: Options) {
          const taken = await super.take(lease, owner, options);
          const { startingSequenceNumber } = lease;
          return taken &&
            await this.overwrite({ ...taken, startingSequenceNumber });
        }
      }(),
  },
  {
    name: "reads, waits and writes without a lock",
    caughtBy: "lets one of 50 racers take",
    make: () =>
      new class extends Base {
        override async take(lease: Lease, owner: string, options?: Options) {
          options?.signal?.throwIfAborted();
          const stored = await this.stored(lease);
          if (stored?.counter !== lease.counter) return undefined;
          await Promise.resolve();
          const counter = lease.counter + 1;
          return await this.overwrite({ ...stored, owner, counter });
        }
      }(),
  },
  {
    name: "refuses a write while another shard is written",
    caughtBy: "accepts all writes when 50 shards are written at the same time",
    make: () =>
      new class extends Base {
        #writing = false;
        override async take(lease: Lease, owner: string, options?: Options) {
          if (this.#writing) return undefined;
          this.#writing = true;
          await Promise.resolve();
          this.#writing = false;
          return await super.take(lease, owner, options);
        }
      }(),
  },
  {
    name: "makes sequence numbers floats",
    caughtBy: "keeps every type of checkpoint exactly, through checkpoint",
    make: () =>
      mapCheckpoint((checkpoint) =>
        checkpoint.type === "SEQUENCE"
          ? {
            ...checkpoint,
            sequenceNumber: `${
              BigInt(Math.min(Number(checkpoint.sequenceNumber), 1e100))
            }`,
          }
          : checkpoint
      ),
  },
  {
    name: "drops sub-sequence numbers that are 0",
    caughtBy: "keeps every type of checkpoint exactly, through create",
    make: () =>
      mapCheckpoint((checkpoint) =>
        checkpoint.type === "SEQUENCE"
          ? {
            ...checkpoint,
            subSequenceNumber: checkpoint.subSequenceNumber || undefined,
          }
          : checkpoint
      ),
  },
  {
    name: "rounds timestamps to seconds",
    caughtBy: "keeps every type of checkpoint exactly, through create",
    make: () =>
      mapCheckpoint((checkpoint) =>
        checkpoint.type === "AT_TIMESTAMP"
          ? {
            ...checkpoint,
            timestamp: new Date(
              Math.floor(checkpoint.timestamp.getTime() / 1000) * 1000,
            ),
          }
          : checkpoint
      ),
  },
  {
    name: "never moves a checkpoint back",
    caughtBy: "keeps every type of checkpoint exactly, through checkpoint",
    make: () =>
      new class extends Base {
        override async checkpoint(
          lease: Lease,
          to: Checkpoint,
          options?: HolderOptions,
        ) {
          const stored = await this.stored(lease);
          return stored?.checkpoint.type === "SHARD_END"
            ? await super.renew(lease, options)
            : await super.checkpoint(lease, to, options);
        }
      }(),
  },
  {
    name: "forgets the parents",
    caughtBy: "create stores a lease without an owner, with counter 0",
    make: () =>
      new class extends Base {
        override create(lease: NewLease, options?: Options) {
          return super.create({ ...lease, parentShardIds: [] }, options);
        }
      }(),
  },
  {
    name: "lists the first page only",
    caughtBy: "list shows 3000 shards",
    make: () =>
      new class extends Base {
        override async list(streamName: string, options?: Options) {
          return (await super.list(streamName, options)).slice(0, 1000);
        }
      }(),
  },
  {
    name: "mixes up streams whose names differ in case",
    caughtBy: "keeps unusual stream and shard ids apart and unchanged",
    make: () => mapStream((streamName) => streamName.toLowerCase()),
  },
  {
    name: "mixes up all streams",
    caughtBy: "keeps streams apart",
    make: () => mapStream(() => "all"),
  },
  {
    name: "keeps the object that it was given",
    caughtBy: "gives out copies and keeps copies",
    make: () =>
      new class extends Base {
        #given: readonly string[] | undefined;
        override create(lease: NewLease, options?: Options) {
          this.#given = lease.parentShardIds;
          return super.create(lease, options);
        }
        override async list(streamName: string, options?: Options) {
          const leases = await super.list(streamName, options);
          const parentShardIds = this.#given ?? [];
          return leases.map((lease) => ({ ...lease, parentShardIds }));
        }
      }(),
  },
  {
    name: "writes although the signal has aborted",
    caughtBy:
      "create rejects with the reason and does nothing when aborted before",
    make: () =>
      new class extends Base {
        override create(lease: NewLease) {
          return super.create(lease);
        }
      }(),
  },
  {
    name: "rejects with an error of its own when aborted",
    caughtBy:
      "renew rejects with the reason and does nothing when aborted before",
    make: () =>
      new class extends Base {
        override renew(lease: Lease, options?: HolderOptions) {
          if (options?.signal?.aborted) {
            return Promise.reject(new Error("aborted"));
          }
          return super.renew(lease);
        }
      }(),
  },
  {
    name: "does half when aborted in between",
    caughtBy: "checkpoint does all or nothing when aborted in between",
    make: () =>
      new class extends Base {
        override async checkpoint(
          lease: Lease,
          to: Checkpoint,
          options?: HolderOptions,
        ) {
          const renewed = await super.renew(lease, options);
          options?.signal?.throwIfAborted();
          const { owner } = lease;
          const back = await this.overwrite({
            ...await this.current(lease),
            ...{ owner, counter: lease.counter },
          });
          return renewed && await super.checkpoint(back, to);
        }
      }(),
  },
  {
    name: "forgets what a released lease had come to, after three writes",
    caughtBy: "behaves like the model in 50 random histories",
    make: () =>
      new class extends Base {
        override async release(lease: Lease, options?: Options) {
          const released = await super.release(lease, options);
          const checkpoint = { type: "TRIM_HORIZON" } as const;
          return released && released.counter > 3
            ? await this.overwrite({ ...released, checkpoint })
            : released;
        }
      }(),
  },
  ...REQUEST_DEFECTS,
];
