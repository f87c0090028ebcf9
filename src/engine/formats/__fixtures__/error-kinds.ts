/** Every kind of engine error, for loops in tests; a kind that is missing here does not compile. */
import type { ErrorKind } from "../../errors/engine-error.ts";

const all = {
  "bad-request": true,
  unsupported: true,
  "context-overflow": true,
  "opaque-blob": true,
  "tool-history": true,
  "content-policy": true,
  auth: true,
  "account-disabled": true,
  "account-warned": true,
  permission: true,
  "model-not-found": true,
  billing: true,
  "rate-limit": true,
  quota: true,
  capacity: true,
  "too-large": true,
  network: true,
  timeout: true,
  upstream: true,
  "malformed-reply": true,
  protocol: true,
  truncated: true,
  "client-gone": true,
  "no-account": true,
  cooling: true,
  "proxy-auth": true,
  blocked: true,
  internal: true,
} as const satisfies Record<ErrorKind, true>;

// The keys of a literal are exactly its type's; Object.keys forgets that.
export const errorKinds = Object.keys(all) as readonly ErrorKind[];
