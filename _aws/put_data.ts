/**
 * Checks that the data of PutRecord and PutRecords are bytes. JavaScript callers may pass another
 * type, and the service does not refuse every such request: a text could be read as base64 and
 * stored as other bytes.
 *
 * @module
 */
import { isBytes } from "../_core/bytes.ts";

interface Entry {
  readonly Data?: unknown;
}

/**
 * Checks the data of a PutRecord or PutRecords request. Other actions pass.
 *
 * @throws {TypeError} if the data is not a `Uint8Array`. The message names the record
 */
export function checkPutData(action: string, request: object): void {
  if (action === "PutRecord") {
    const { Data } = request as Entry;
    if (!isBytes(Data)) throw wrongData(action, "'Data'", Data);
  } else if (action === "PutRecords") {
    const { Records } = request as { Records: readonly Entry[] };
    if (!Array.isArray(Records)) {
      throw new TypeError(
        `Cannot ${action} as 'Records' must be a list: current value is ${
          kindOf(Records)
        }`,
      );
    }
    for (let i = 0; i < Records.length; i++) {
      const data = Records[i]?.Data;
      if (!isBytes(data)) {
        throw wrongData(action, `'Data' of 'Records[${i}]'`, data);
      }
    }
  }
}

/** Names the type but not the value, which may be a secret. */
function wrongData(action: string, what: string, value: unknown): TypeError {
  const hint = typeof value === "string"
    ? "; new TextEncoder().encode(text) makes bytes of a text"
    : "";
  return new TypeError(
    `Cannot ${action} as ${what} must be a Uint8Array: current value is ${
      kindOf(value)
    }${hint}`,
  );
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  return `of type ${
    typeof value === "object"
      ? Object.prototype.toString.call(value).slice(8, -1)
      : typeof value
  }`;
}
