/** Interim. @module */
/** Credentials. */
export interface Credentials {
  /** id */
  readonly accessKeyId: string;
  /** secret */
  readonly secretAccessKey: string;
  /** token */
  readonly sessionToken?: string;
  /** until */
  readonly expiration?: Date;
}
/** Provider. */
export type CredentialsProvider = () => Promise<Credentials>;
/** Interim. */
export function defaultCredentials(): CredentialsProvider {
  return () =>
    Promise.resolve({
      accessKeyId: env("AWS_ACCESS_KEY_ID") ?? "",
      secretAccessKey: env("AWS_SECRET_ACCESS_KEY") ?? "",
    });
}
/** Interim. */
export function env(name: string): string | undefined {
  return (globalThis as {
    process?: { env: Record<string, string | undefined> };
  }).process?.env[name];
}
