/** The plainest way to show a credential, and what a header may hold of the words that came with it. */
import type { HeaderPairs } from "../../base/http.ts";
import type { Credential } from "../accounts/credential.ts";

export function bearer({ secret }: Credential): HeaderPairs {
  return [["authorization", `Bearer ${secret.reveal()}`]];
}

/** A fact of a login as a header; none where it is not there, or is no text that a header may carry. */
export function factHeader(name: string, fact: string | undefined): HeaderPairs {
  return fact !== undefined && /^[\x21-\x7e]{1,256}$/.test(fact) ? [[name, fact]] : [];
}
