/**
 * What the arguments of `copy` name: a stream, a file, or standard input and output.
 *
 * @module
 */
import { type StreamTarget, streamTargetOf } from "./_stream_target.ts";

/** Where records come from or go to. */
export type CopyPlace =
  | {
    readonly type: "stream";
    /** The argument. */
    readonly text: string;
    readonly target: StreamTarget;
  }
  | { readonly type: "file"; readonly text: string; readonly path: string }
  /** Standard input or output. */
  | { readonly type: "pipe"; readonly text: string };

const FILE_SCHEME = "file:";

/**
 * Reads an argument. `-` is a pipe. An ARN is a stream. What starts with `file:` or has a slash or
 * backslash is a file, because no name of a stream can have these. All else is the name of a stream.
 */
export function copyPlace(text: string): CopyPlace {
  if (text === "-") return { type: "pipe", text };
  const isFile = text.startsWith(FILE_SCHEME) ||
    !text.startsWith("arn:") && /[/\\]/.test(text);
  if (!isFile) return { type: "stream", text, target: streamTargetOf(text) };
  const path = text.startsWith(FILE_SCHEME)
    ? text.slice(FILE_SCHEME.length)
    : text;
  return { type: "file", text, path };
}
