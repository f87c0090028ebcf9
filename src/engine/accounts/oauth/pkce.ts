/** Proof keys (RFC 7636, S256 only) and states. Chance comes in, so that tests can foresee it. */
import { createHash } from "node:crypto";
import { type Random, token } from "../../../base/random.ts";
import { Secret } from "../../../base/secret.ts";

export interface Pkce {
  readonly verifier: Secret;
  readonly challenge: string;
}

/** 64 bytes make 86 characters; RFC 7636 §4.1 wants 43 to 128. */
const verifierBytes = 64;
const stateBytes = 32;

export function createPkce(random: Random): Pkce {
  const verifier = token(random, verifierBytes);
  return { verifier: new Secret(verifier), challenge: challengeOf(verifier) };
}

export function challengeOf(verifier: string): string {
  return createHash("sha256").update(verifier, "ascii").digest("base64url");
}

export function createState(random: Random): string {
  return token(random, stateBytes);
}
