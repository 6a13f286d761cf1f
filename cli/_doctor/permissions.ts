/**
 * Which permissions are missing for what a user may want to do?
 *
 * @module
 */
import type { PermissionCheck, PreflightReport } from "../../client/mod.ts";
import { KinesisError } from "../../errors.ts";
import type { Check, Exam, Finding, Need } from "./check.ts";
import { isDenied, isUnknownAction, streamArnOf } from "./errors.ts";
import { describeLimits } from "./limits.ts";
import { listOf } from "./texts.ts";

/** The name for the preflight of fan-out if no consumer is registered. It is never registered. */
const NO_CONSUMER = "kinesis-doctor";

/** What a report of permissions is judged by. */
export interface Judgement {
  readonly need: Need;
  /** What is missing if the permissions are: an error, a warning, or nothing that matters. */
  readonly severity: "error" | "warning" | "skipped";
  /** The ARN that permissions are needed for. */
  readonly resource: string;
}

const ACTIVITIES: Readonly<Record<Need, string>> = {
  read: "Reading",
  write: "Writing",
  "fan-out": "Reading with fan-out",
  admin: "Looking at streams, consumers and limits",
};

/** May the stream be read, by polling? */
export const readCheck: Check = preflightCheck("read", {}, () => ({
  as: "consumer",
}));
/** May the stream be written? */
export const writeCheck: Check = preflightCheck("write", {}, () => ({
  as: "producer",
}));
/** May the stream be read through a registered consumer? */
export const fanOutCheck: Check = preflightCheck("fan-out", {
  isLikely: ({ found }) => found.consumerArn !== undefined,
}, ({ found }) => ({
  as: "consumer",
  fanOut: found.consumerArn ?? NO_CONSUMER,
}));

function preflightCheck(
  need: Need,
  { isLikely = () => true }: { isLikely?: (exam: Exam) => boolean },
  optionsOf: (
    exam: Exam,
  ) => { as: "producer" | "consumer"; fanOut?: string },
): Check {
  return {
    id: `permissions.${need}`,
    needs: ["stream"],
    async run(exam, signal) {
      const { client, found, stream } = exam;
      const report = await client.preflight({
        stream: stream!,
        ...optionsOf(exam),
        signal,
      });
      found.preflights.set(need, report);
      const severity = severityOf(exam, need, isLikely(exam));
      return judgePermissions(report, {
        ...{ need, severity, resource: streamArnOf(exam) },
      });
    },
  };
}

/** How bad it is that permissions are missing. */
function severityOf(
  { needs, found }: Exam,
  need: Need,
  isLikely: boolean,
): Judgement["severity"] {
  if (needs.length > 0) return needs.includes(need) ? "error" : "skipped";
  if (!isLikely) return "skipped";
  // A program that can neither read nor write can do nothing with the stream.
  const isReadable = found.preflights.get("read")?.ok !== false;
  return need === "write" && !isReadable ? "error" : "warning";
}

/** Judges the answer of a preflight. */
function judgePermissions(
  { ok, checks, missing }: Pick<PreflightReport, "ok" | "checks" | "missing">,
  { need, severity, resource }: Judgement,
): Finding {
  const activity = ACTIVITIES[need];
  const unknown = checks.filter(({ status }) => status === "unknown");
  const data = {
    resource,
    missing,
    unknown: unknown.map(({ permission }) => permission),
  };
  if (missing.length > 0) {
    const denied = checks.filter(({ status }) => status === "denied");
    const isNeeded = denied.some(({ required }) => required);
    const message = isNeeded
      ? `${activity} is not allowed: ${listOf(missing)} denied`
      : `${activity} is allowed, but for ${listOf(denied.map(withPurpose))}`;
    const remedy = remedyOf(missing, resource);
    const status = isNeeded || severity === "skipped" ? severity : "warning";
    return { status, message, remedy, data };
  }
  if (ok) {
    const names = checks.filter(({ status }) => status === "allowed")
      .map(({ permission }) => permission.replace("kinesis:", ""));
    return {
      status: "ok",
      message: `${activity} is allowed: ${names.join(", ")}`,
      data,
    };
  }
  const [first] = unknown;
  if (hasCode(first?.error, "NotRegistered")) {
    return {
      status: "skipped",
      message:
        "No consumer is registered, and kinesis:SubscribeToShard can be checked only with one",
      remedy: "If a program reads with fan-out, start it and check again",
      data,
    };
  }
  const why = first?.error instanceof Error ? `: ${first.error.message}` : "";
  return {
    status: "skipped",
    message: `It cannot be found out whether ${
      first?.permission ?? activity
    } is allowed${why}`,
    data,
  };
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof KinesisError && error.code === code;
}

function withPurpose({ permission, neededFor }: PermissionCheck): string {
  return `${permission} (${neededFor})`;
}

function remedyOf(missing: readonly string[], resource: string): string {
  const keys = missing.filter((it) => it.startsWith("kms:"));
  const own = missing.filter((it) => !it.startsWith("kms:"));
  return [
    ...own.length > 0
      ? [`Allow ${listOf(own)} on ${withConsumers(own, resource)}`]
      : [],
    ...keys.length > 0
      ? [`Allow ${listOf(keys)} on the key of the stream`]
      : [],
  ].join(". ");
}

/** The actions of consumers are allowed for the ARNs of the consumers. */
function withConsumers(permissions: readonly string[], arn: string): string {
  const isOfConsumers = permissions.some((it) =>
    /:(SubscribeToShard|DescribeStreamConsumer)$/.test(it)
  );
  return isOfConsumers ? `${arn} and ${arn}/consumer/*` : arn;
}

/** The calls that show what an administrator may see, without a change. */
export const adminCheck: Check = {
  id: "permissions.admin",
  needs: ["signature"],
  async run(exam, signal) {
    const { client, found } = exam;
    const call = { signal };
    const StreamARN = found.summary?.StreamARN;
    const probes: [string, () => Promise<unknown>][] = [
      ["ListStreams", () => client.listStreams({ Limit: 1 }, call)],
      ["DescribeLimits", () => describeLimits(exam, call)],
      ...StreamARN === undefined ? [] : [[
        "ListStreamConsumers",
        () => client.listStreamConsumers({ StreamARN, MaxResults: 1 }, call),
      ] as [string, () => Promise<unknown>]],
    ];
    const denied: string[] = [];
    for (const [action, probe] of probes) {
      try {
        await probe();
      } catch (error) {
        if (isDenied(error)) denied.push(`kinesis:${action}`);
        else if (!isUnknownAction(error)) throw error;
      }
    }
    return judgeAdmin(denied, exam.needs.includes("admin"), streamArnOf(exam));
  },
};

/** Judges which of these permissions are denied. */
function judgeAdmin(
  denied: readonly string[],
  isNeeded: boolean,
  streamArn: string,
): Finding {
  const note =
    "Permissions to change streams cannot be checked without a change";
  const data = { missing: denied };
  if (denied.length === 0) {
    const message = `${ACTIVITIES.admin} is allowed. ${note}`;
    return { status: "ok", message, data };
  }
  const places = denied.map((it) =>
    `${it} on ${it.endsWith("Consumers") ? streamArn : "*"}`
  );
  return {
    status: isNeeded ? "error" : "skipped",
    message: `${ACTIVITIES.admin} is not allowed: ${listOf(denied)} denied`,
    remedy: `Allow ${listOf(places)}, if this is needed`,
    data,
  };
}
