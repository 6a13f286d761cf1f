/**
 * A self-signed certificate for 127.0.0.1 and localhost, created for each run. So tests can verify
 * TLS without a private key in the repository, and without a certificate that expires.
 *
 * @module
 */
import { encodeBase64 } from "@std/encoding/base64";

/** A certificate and its key, in PEM. */
export interface CertificatePair {
  /** The certificate. It is its own issuer, so clients can trust it as a CA. */
  readonly cert: string;
  /** The PKCS #8 private key. */
  readonly key: string;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" } as const;
const DAY_MS = 86_400_000;

const SEQUENCE = 0x30;
const OID_COMMON_NAME = [0x06, 0x03, 0x55, 0x04, 0x03];
const OID_SUBJECT_ALT_NAME = [0x06, 0x03, 0x55, 0x1d, 0x11];
const OID_ECDSA_WITH_SHA256 = [
  0x06,
  0x08,
  0x2a,
  0x86,
  0x48,
  0xce,
  0x3d,
  0x04,
  0x03,
  0x02,
];

/** Creates a key and a certificate that is valid for a week, starting yesterday. */
export async function selfSignedCertificate(): Promise<CertificatePair> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, [
    "sign",
    "verify",
  ]);
  const [spki, pkcs8] = await Promise.all([
    crypto.subtle.exportKey("spki", keys.publicKey),
    crypto.subtle.exportKey("pkcs8", keys.privateKey),
  ]);
  const body = toBeSigned(new Uint8Array(spki));
  const signature = await crypto.subtle.sign(
    { name: "ECDSA", hash: "SHA-256" },
    keys.privateKey,
    body,
  );
  const der = node(
    SEQUENCE,
    body,
    node(SEQUENCE, OID_ECDSA_WITH_SHA256),
    bitString(ecdsaSignature(new Uint8Array(signature))),
  );
  return {
    cert: pem("CERTIFICATE", der),
    key: pem("PRIVATE KEY", new Uint8Array(pkcs8)),
  };
}

/** The TBSCertificate of RFC 5280, version 3. */
function toBeSigned(spki: Uint8Array): Uint8Array<ArrayBuffer> {
  const now = Date.now();
  const name = node(
    SEQUENCE,
    node(0x31, node(SEQUENCE, OID_COMMON_NAME, utf8("localhost"))),
  );
  const names = node(
    SEQUENCE,
    node(0x82, new TextEncoder().encode("localhost")),
    node(0x87, [127, 0, 0, 1]),
  );
  return node(
    SEQUENCE,
    node(0xa0, integer([2])),
    integer(crypto.getRandomValues(new Uint8Array(8))),
    node(SEQUENCE, OID_ECDSA_WITH_SHA256),
    name,
    node(SEQUENCE, utcTime(now - DAY_MS), utcTime(now + 6 * DAY_MS)),
    name,
    spki,
    node(
      0xa3,
      node(SEQUENCE, node(SEQUENCE, OID_SUBJECT_ALT_NAME, node(0x04, names))),
    ),
  );
}

/** One DER node: tag, length, and the parts. */
function node(
  tag: number,
  ...parts: ArrayLike<number>[]
): Uint8Array<ArrayBuffer> {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const header = length < 0x80
    ? [tag, length]
    : length < 0x100
    ? [tag, 0x81, length]
    : [tag, 0x82, length >> 8, length & 0xff];
  const bytes = new Uint8Array(header.length + length);
  bytes.set(header);
  let offset = header.length;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

/**
 * A positive integer from big-endian bytes. It has a leading zero only to keep the sign bit clear.
 */
function integer(bytes: ArrayLike<number>): Uint8Array<ArrayBuffer> {
  const digits = Array.from(bytes);
  while (digits.length > 1 && digits[0] === 0) digits.shift();
  return node(0x02, digits[0]! >= 0x80 ? [0, ...digits] : digits);
}

function bitString(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return node(0x03, [0], bytes);
}

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return node(0x0c, new TextEncoder().encode(text));
}

function utcTime(time: number): Uint8Array<ArrayBuffer> {
  const digits = new Date(time).toISOString().replace(/\D/g, "").slice(2, 14);
  return node(0x17, new TextEncoder().encode(`${digits}Z`));
}

/**
 * Converts a signature of Web Crypto (r and s, 32 bytes each) to that of a certificate (two
 * integers).
 */
function ecdsaSignature(raw: Uint8Array): Uint8Array<ArrayBuffer> {
  return node(
    SEQUENCE,
    integer(raw.subarray(0, 32)),
    integer(raw.subarray(32)),
  );
}

function pem(label: string, der: Uint8Array<ArrayBuffer>): string {
  const lines = encodeBase64(der).match(/.{1,64}/g)!;
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""]
    .join("\n");
}
