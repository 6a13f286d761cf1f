/**
 * The options of `copy`, and which of them fit together.
 *
 * @module
 */
import type { CopyPlace } from "./_copy_place.ts";
import type { CopySpan } from "./_copy_source.ts";
import { WrongUsage } from "./_failure.ts";

/** The options of the command. */
export interface CopyOptions {
  readonly from?: { readonly Type: string; readonly Timestamp?: Date };
  readonly until?: "caught-up" | "never" | Date;
  readonly count?: number;
  readonly skip?: number;
  readonly speed?: number;
  readonly rate?: number;
  readonly unordered?: boolean;
  readonly overwrite?: boolean;
  readonly bad?: string;
  readonly toRegion?: string;
  readonly toEndpoint?: string;
  readonly toProfile?: string;
}

/**
 * Checks what the options need.
 *
 * @throws {WrongUsage} if they do not fit the places
 */
export function checkOptions(
  from: CopyPlace,
  to: CopyPlace,
  options: CopyOptions,
): void {
  const refuse = (isWrong: boolean, why: string) => {
    if (isWrong) throw new WrongUsage(why);
  };
  const { speed, skip, overwrite, unordered, bad, until } = options;
  refuse(
    speed !== undefined && from.type !== "file",
    "--speed needs a file as the source: copy the stream to a file first",
  );
  refuse(
    skip !== undefined && from.type === "stream",
    "--skip needs a capture as the source: give --from for a stream",
  );
  refuse(
    from.type !== "stream" && options.from?.Type === "LATEST",
    "A capture has no records that come later: --from latest needs a stream",
  );
  refuse(
    from.type !== "stream" && until === "never",
    "A capture has an end: --until never needs a stream",
  );
  refuse(
    overwrite === true && to.type !== "file",
    "--overwrite needs a file as the destination",
  );
  const { toRegion, toEndpoint, toProfile } = options;
  for (
    const [name, value] of Object.entries({
      ...{ unordered, bad },
      ...{ "to-region": toRegion, "to-endpoint": toEndpoint },
      "to-profile": toProfile,
    })
  ) {
    refuse(
      value !== undefined && to.type !== "stream",
      `--${name} needs a stream as the destination`,
    );
  }
}

/** Where the records start and end. */
export function spanOf(
  place: CopyPlace,
  { from = { Type: "TRIM_HORIZON" }, until }: CopyOptions,
): CopySpan {
  const isEndless = until === "never" ||
    until === undefined && from.Type === "LATEST";
  const end = until === "never" ? undefined : until ?? "caught-up";
  const start = from.Timestamp ?? from.Type as "TRIM_HORIZON" | "LATEST";
  if (start instanceof Date && end instanceof Date && end <= start) {
    throw new WrongUsage(
      `--until ${end.toISOString()} must be later than --from ${start.toISOString()}`,
    );
  }
  if (start === "LATEST" && end === "caught-up" && !isEndless) {
    throw new WrongUsage(
      `${place.text} is caught up with its latest record at once: --from latest needs --until never ` +
        "or a time",
    );
  }
  return { from: start, until: isEndless ? undefined : end };
}
