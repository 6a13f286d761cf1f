/**
 * Which region and endpoint requests go to, and can they be reached?
 *
 * @module
 */
import { resolveEndpoint } from "../../_aws/endpoint.ts";
import {
  type EndpointSettings,
  resolveEndpointSettings,
} from "../../_service/endpoint_settings.ts";
import { resolveServiceOptions } from "../../_service/options.ts";
import { envOf } from "../../credentials/environment.ts";
import type { Environment } from "../../credentials/mod.ts";
import { KinesisError } from "../../errors.ts";
import type { Check, Exam, Finding } from "./check.ts";
import { diagnose, type Obstacle } from "./reach.ts";

/** The form of the names of regions: `eu-central-1`, `us-gov-west-1`, `us-isob-east-1`. */
const REGION = /^[a-z]{2,4}(-[a-z]+){1,2}-\d{1,2}$/;
/** The `Date` of an answer has no milliseconds. */
const DATE_STEP_MS = 1_000;

/** Is there a region, and is it that of the stream? */
export const regionCheck: Check = {
  id: "region",
  async run(exam) {
    const { connection, found, stream } = exam;
    try {
      found.settings = await settingsOf(exam, "KINESIS");
    } catch (error) {
      if (!(error instanceof KinesisError)) throw error;
      const remedy = error.code === "NoRegion"
        ? "Give --region, or set AWS_REGION or the region of the profile"
        : "Mend the setting that the message names";
      const data = { code: error.code };
      return { status: "error", message: error.message, remedy, data };
    }
    const source = connection.region === undefined
      ? sourceOfRegion(exam)
      : "--region";
    return judgeRegion(found.settings.region, source, stream);
  },
};

/** Compares the region with the ARN of the stream, and with the form of names of regions. */
function judgeRegion(
  region: string,
  source: string,
  stream: string | undefined,
): Finding {
  const data = { region, source };
  const ofStream = stream?.startsWith("arn:") ? stream.split(":")[3] : region;
  if (ofStream !== region) {
    return {
      status: "error",
      message: `${region} (${source}), and the stream is in ${ofStream}`,
      remedy: `Give --region ${ofStream}`,
      data,
    };
  }
  return REGION.test(region)
    ? { status: "ok", message: `${region} (${source})`, data }
    : {
      status: "warning",
      message: `${region} (${source}) does not look like a region`,
      remedy: "Check the name: regions are named like eu-central-1",
      data,
    };
}

/** Does the endpoint answer? The answer has the time of the server, for the check of the clock. */
export const endpointCheck: Check = {
  id: "endpoint",
  needs: ["region"],
  async run(exam, signal) {
    const { credentials, settings } = exam.found;
    const answers: { url: string; milliseconds: number }[] = [];
    for (const url of endpointsOf(settings!, credentials?.accountId)) {
      const visit = await visitOf(url, exam, signal);
      if ("obstacle" in visit) return findingOf(url, visit.obstacle);
      exam.found.skewMs ??= visit.skewMs;
      answers.push({ url: url.origin, milliseconds: visit.tripMs });
    }
    const texts = answers.map(({ url, milliseconds }) =>
      `${url} answers in ${milliseconds} ms`
    );
    return { status: "ok", message: texts.join("; "), data: { answers } };
  },
};

function findingOf(
  { origin }: URL,
  { step, message, remedy }: Obstacle,
): Finding {
  return {
    status: "error",
    message: `${origin} cannot be reached: ${message}`,
    remedy,
    data: { url: origin, step },
  };
}

/** An answer, or why there is none. */
type Visit =
  | { readonly tripMs: number; readonly skewMs: number | undefined }
  | { readonly obstacle: Obstacle };

/** Sends a request without a signature: every answer shows that the endpoint can be reached. */
async function visitOf(
  url: URL,
  { environment }: Exam,
  signal: AbortSignal,
): Promise<Visit> {
  const start = performance.now();
  try {
    const answer = await fetch(url, { redirect: "manual", signal });
    await answer.body?.cancel();
    const tripMs = Math.round(performance.now() - start);
    const date = answer.headers.get("date");
    return { tripMs, skewMs: skewOf(date, Date.now(), tripMs) };
  } catch {
    if (signal.aborted) throw signal.reason;
    const proxy = proxyOf(url, environment);
    return { obstacle: await diagnose(url, proxy, signal) };
  }
}

/**
 * How far the server is ahead of this machine, in milliseconds. 0 if the difference is no larger
 * than the `Date` header and the time of the round trip can explain. `undefined` without a date.
 */
function skewOf(
  date: string | null,
  now: number,
  tripMs: number,
): number | undefined {
  const server = Date.parse(date ?? "");
  if (Number.isNaN(server)) return undefined;
  const difference = server - now;
  // The server has written a time between the start of the trip and now, cut to a second.
  return difference <= 0 && difference >= -tripMs - DATE_STEP_MS
    ? 0
    : difference;
}

/** The endpoints of requests about records and of all others, which may be the same. */
function endpointsOf(
  settings: EndpointSettings,
  accountId: string | undefined,
): URL[] {
  const urls = (["control", "data"] as const).map((operationType) =>
    resolveEndpoint({
      what: "Cannot find the endpoint",
      ...settings,
      // An endpoint that a setting names was checked there.
      allowHttp: true,
      operationType,
      accountId,
    }).url
  );
  return urls.filter(({ href }, at) =>
    urls.findIndex((url) => url.href === href) === at
  );
}

/** Reads the settings as a client of the service does. */
export async function settingsOf(
  { connection, environment, cloudWatchEndpoint }: Exam,
  settingsName: "KINESIS" | "CLOUDWATCH",
): Promise<EndpointSettings> {
  const { region, endpoint: ofKinesis } = connection;
  const endpoint = settingsName === "KINESIS" ? ofKinesis : cloudWatchEndpoint;
  const options = resolveServiceOptions("Cannot use the options", {
    ...{ region, endpoint, environment },
  });
  return await resolveEndpointSettings(options, {
    settingsName,
    owner: "KinesisClient",
  });
}

function sourceOfRegion({ environment }: Exam): string {
  return ["AWS_REGION", "AWS_DEFAULT_REGION"]
    .find((name) => envOf(environment, name)) ?? "profile, or the default";
}

/** The proxy that the variables name for a URL. */
function proxyOf(
  { protocol }: URL,
  environment: Environment,
): string | undefined {
  const name = protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY";
  return [name, name.toLowerCase()]
    .map((name) => envOf(environment, name)).find((it) => it);
}
