/**
 * Defective checkpointers that break a rule about requests, loads or hash keys.
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

type Options = CheckpointerCallOptions;
type Requester = string | undefined;

/** A checkpointer that changes what a request passes on. */
function mapRequest(
  map: (lease: Lease, stored: Lease) => Lease,
): MemoryCheckpointer {
  return new class extends Base {
    override async request(lease: Lease, by: Requester, options?: Options) {
      const stored = await this.stored(lease);
      return super.request(stored ? map(lease, stored) : lease, by, options);
    }
  }();
}

/** A checkpointer that stores some members of the row of before after a write. */
function keeping(
  write: "take" | "release",
  keep: (before: Lease) => Partial<Lease>,
): MemoryCheckpointer {
  return new class extends Base {
    override async take(lease: Lease, owner: string, options?: Options) {
      const before = await this.current(lease);
      const next = await super.take(lease, owner, options);
      return write === "take" && next
        ? await this.overwrite({ ...next, ...keep(before) })
        : next;
    }
    override async release(lease: Lease, options?: Options) {
      const before = await this.current(lease);
      const next = await super.release(lease, options);
      return write === "release" && next ? { ...next, ...keep(before) } : next;
    }
  }();
}

const requesterOf = ({ requestedBy }: Lease) => ({ requestedBy });

/** Defects that the checks of requests, loads and hash keys must find. */
export const REQUEST_DEFECTS: readonly Defect[] = [
  {
    name: "adds 1 to the counter when a lease is requested",
    caughtBy: "request sets the requester and keeps the rest, also the counter",
    make: () =>
      new class extends Base {
        override async request(lease: Lease, by: Requester, options?: Options) {
          const asked = await super.request(lease, by, options);
          return asked &&
            await this.overwrite({ ...asked, counter: asked.counter + 1 });
        }
      }(),
  },
  {
    name: "requests a lease whose counter is current only",
    caughtBy: "request looks at the ids, the owner and the requester only",
    make: () =>
      new class extends Base {
        override async request(lease: Lease, by: Requester, options?: Options) {
          const { counter } = await this.current(lease);
          return counter === lease.counter
            ? await super.request(lease, by, options)
            : undefined;
        }
      }(),
  },
  {
    name: "stores the checkpoint that a request passes in",
    caughtBy: "request looks at the ids, the owner and the requester only",
    make: () =>
      new class extends Base {
        override async request(lease: Lease, by: Requester, options?: Options) {
          const asked = await super.request(lease, by, options);
          const { checkpoint } = lease;
          return asked && await this.overwrite({ ...asked, checkpoint });
        }
      }(),
  },
  {
    name: "requests a lease of another owner than was seen",
    caughtBy: "request is refused and changes nothing with another owner",
    make: () => mapRequest((lease, { owner }) => ({ ...lease, owner })),
  },
  {
    name: "overwrites the request of another worker",
    caughtBy: "request is refused and changes nothing with another requester",
    make: () =>
      mapRequest((lease, { requestedBy }) => ({ ...lease, requestedBy })),
  },
  {
    name: "takes an absent requester for any requester",
    caughtBy: "request is refused and changes nothing with another requester",
    make: () =>
      mapRequest((lease, { requestedBy }) => ({
        ...lease,
        requestedBy: lease.requestedBy ?? requestedBy,
      })),
  },
  {
    name: "withdraws any request",
    caughtBy: "request is refused and changes nothing with another requester",
    make: () =>
      new class extends Base {
        override async request(lease: Lease, by: Requester, options?: Options) {
          const { requestedBy } = by === undefined
            ? await this.current(lease)
            : lease;
          return super.request({ ...lease, requestedBy }, by, options);
        }
      }(),
  },
  {
    name: "takes a lease without an owner when it is requested",
    caughtBy:
      "request is refused and changes nothing when the lease has no owner",
    make: () =>
      new class extends Base {
        override async request(lease: Lease, by: Requester, options?: Options) {
          const { owner } = await this.current(lease);
          return owner === undefined && by !== undefined
            ? await super.take(lease, by, options)
            : await super.request(lease, by, options);
        }
      }(),
  },
  {
    name: "accepts the same request twice",
    caughtBy:
      "request again after its answer was lost is refused, list is true",
    make: () =>
      new class extends Base {
        override async request(lease: Lease, by: Requester, options?: Options) {
          const stored = await this.current(lease);
          return await super.request(lease, by, options) ??
            (by !== undefined && stored.requestedBy === by
              ? stored
              : undefined);
        }
      }(),
  },
  {
    name: "refuses a renewal because of a request that came between",
    caughtBy: "renew is accepted with the lease of before a request",
    make: () =>
      new class extends Base {
        override async renew(lease: Lease, options?: HolderCallOptions) {
          const { requestedBy } = await this.current(lease);
          return requestedBy === lease.requestedBy
            ? await super.renew(lease, options)
            : undefined;
        }
      }(),
  },
  {
    name: "stores the requester that a checkpoint passes in",
    caughtBy: "checkpoint is accepted with the lease of before a request",
    make: () =>
      new class extends Base {
        override async checkpoint(
          lease: Lease,
          to: Checkpoint,
          options?: HolderCallOptions,
        ) {
          const next = await super.checkpoint(lease, to, options);
          const { requestedBy } = lease;
          return next && await this.overwrite({ ...next, requestedBy });
        }
      }(),
  },
  {
    name: "does not show the requester to the holder",
    caughtBy: "renew is accepted with the lease of before a request",
    make: () =>
      new class extends Base {
        override async renew(lease: Lease, options?: HolderCallOptions) {
          const next = await super.renew(lease, options);
          return next && { ...next, requestedBy: lease.requestedBy };
        }
      }(),
  },
  {
    name: "keeps the requester when a lease is taken",
    caughtBy:
      "take removes the requester, with the lease of before a request too",
    make: () => keeping("take", requesterOf),
  },
  {
    name: "keeps the requester when a lease is released",
    caughtBy: "release is accepted with the lease of before a request",
    make: () => keeping("release", requesterOf),
  },
  {
    name: "reads, waits and requests without a lock",
    caughtBy: "lets one of 50 racers request",
    make: () =>
      new class extends Base {
        override async request(lease: Lease, by: Requester, options?: Options) {
          options?.signal?.throwIfAborted();
          const seen = await this.stored(lease);
          if (
            !seen?.owner || seen.owner !== lease.owner ||
            seen.requestedBy !== lease.requestedBy
          ) return undefined;
          await Promise.resolve();
          return await this.overwrite({ ...seen, requestedBy: by });
        }
      }(),
  },
  {
    name: "refuses the holder while another worker requests",
    caughtBy: "lets the holder checkpoint while 49 others request",
    make: () =>
      new class extends Base {
        #requesting = 0;
        override async request(lease: Lease, by: Requester, options?: Options) {
          this.#requesting++;
          try {
            return await super.request(lease, by, options);
          } finally {
            this.#requesting--;
          }
        }
        override async checkpoint(
          lease: Lease,
          to: Checkpoint,
          options?: HolderCallOptions,
        ) {
          return this.#requesting > 0
            ? undefined
            : await super.checkpoint(lease, to, options);
        }
      }(),
  },
  {
    name: "requests although the signal has aborted",
    caughtBy:
      "request rejects with the reason and does nothing when aborted before",
    make: () =>
      new class extends Base {
        override request(lease: Lease, by: Requester) {
          return super.request(lease, by);
        }
      }(),
  },
  {
    name: "stores a requester that is given to create",
    caughtBy: "create ignores an owner, a counter, a requester and a load",
    make: () =>
      new class extends Base {
        override async list(streamName: string, options?: Options) {
          const leases = await super.list(streamName, options);
          return leases.map((lease) => ({ ...this.#given, ...lease }));
        }
        #given: { requestedBy?: string } = {};
        override create(lease: NewLease, options?: Options) {
          const { requestedBy } = lease as Lease;
          if (requestedBy !== undefined) this.#given = { requestedBy };
          return super.create(lease, options);
        }
      }(),
  },
  {
    name: "keeps requester and load when a lease is replaced",
    caughtBy: "replace removes the requester and the load",
    make: () =>
      new class extends Base {
        override async replace(lease: Lease, next: NewLease, opts?: Options) {
          const { load } = await this.current(lease);
          const isReplaced = await super.replace(lease, next, opts);
          if (isReplaced && load) {
            const stored = await this.current(lease);
            const counter = stored.counter + 1;
            await this.overwrite({ ...stored, counter, load });
          }
          return isReplaced;
        }
      }(),
  },
  {
    name: "merges a load into the stored one",
    caughtBy: "renew replaces the whole load by the one that is given",
    make: () =>
      new class extends Base {
        override async renew(lease: Lease, options?: HolderCallOptions) {
          const { load } = await this.current(lease);
          return super.renew(lease, {
            ...options,
            load: options?.load && { ...load, ...options.load },
          });
        }
      }(),
  },
  {
    name: "ignores the load of a checkpoint",
    caughtBy: "checkpoint replaces the whole load by the one that is given",
    make: () =>
      new class extends Base {
        override checkpoint(lease: Lease, to: Checkpoint, options?: Options) {
          const { signal } = options ?? {};
          return super.checkpoint(lease, to, { signal });
        }
      }(),
  },
  {
    name: "rounds a load",
    caughtBy: "renew replaces the whole load by the one that is given",
    make: () =>
      new class extends Base {
        override renew(lease: Lease, options?: HolderCallOptions) {
          const { load } = options ?? {};
          const bytesPerSecond = Math.round(load?.bytesPerSecond ?? 0);
          return super.renew(lease, {
            ...options,
            load: load && { ...load, bytesPerSecond },
          });
        }
      }(),
  },
  {
    name: "forgets the load when a renewal gives none",
    caughtBy: "renew keeps the load when none is given",
    make: () =>
      new class extends Base {
        override async renew(lease: Lease, options?: HolderCallOptions) {
          const next = await super.renew(lease, options);
          return next && !options?.load
            ? await this.overwrite({ ...next, load: undefined })
            : next;
        }
      }(),
  },
  {
    name: "stores the load although a renewal is refused",
    caughtBy: "renew stores no load when it is refused",
    make: () =>
      new class extends Base {
        override async renew(lease: Lease, options?: HolderCallOptions) {
          const next = await super.renew(lease, options);
          if (!next && options?.load) {
            await super.renew(await this.current(lease), options);
          }
          return next;
        }
      }(),
  },
  {
    name: "forgets the load when a lease is taken",
    caughtBy: "take keeps the load",
    make: () => keeping("take", () => ({ load: undefined })),
  },
  {
    name: "forgets the hash keys",
    caughtBy: "keeps the hash keys of the shard, through every write",
    make: () =>
      new class extends Base {
        override create(lease: NewLease, options?: Options) {
          return super.create({ ...lease, hashKeyRange: undefined }, options);
        }
      }(),
  },
  {
    name: "stores the hash keys that a take passes in",
    caughtBy: "keeps the hash keys of the shard, through every write",
    make: () =>
      new class extends Base {
        override async take(lease: Lease, owner: string, options?: Options) {
          const next = await super.take(lease, owner, options);
          const { hashKeyRange } = lease;
          return next && await this.overwrite({ ...next, hashKeyRange });
        }
      }(),
  },
  {
    name: "keeps the hash keys of an earlier shard when a lease is replaced",
    caughtBy:
      "replace puts another lease in place of one whose counter is current, for every owner",
    make: () =>
      new class extends Base {
        override async replace(lease: Lease, next: NewLease, opts?: Options) {
          const { hashKeyRange } = await this.current(lease);
          return super.replace(lease, { ...next, hashKeyRange }, opts);
        }
      }(),
  },
];
