/** A provider as the pipeline sees it: a value that knows where its calls go and how its key is shown. */
import type { HeaderPairs } from "../../base/http.ts";
import type { Credential, LoginFacts } from "../accounts/credential.ts";
import type { FormatId, JsonObject, Variant, WriteOptions } from "../formats/format.ts";

/** The one origin a provider's credentials may go to. */
export interface Origin {
  readonly scheme: "http" | "https";
  /** Lower case, an IPv6 literal without brackets. */
  readonly host: string;
  readonly port: number;
  /** What the `host` header says: the port only where it is not the scheme's own. */
  readonly authority: string;
}

export interface Provider {
  readonly id: string;
  readonly format: FormatId;
  readonly variant?: Variant;
  readonly origin: Origin;
  /** The request target for a call's path (`/v1/messages`, `/chat/completions`), whatever segments the base URL has. */
  target(callPath: string): string;
  /** The one place where a credential becomes text. */
  authorize(credential: Credential): HeaderPairs;
  /** Where a token is bound to a host of its own; null: at `origin` like the others. Never any host a reply could name. */
  originFor?(facts: LoginFacts): Origin | null;
  /** How this provider wants a translated request written. */
  writeOptions(model: string): WriteOptions;
  /**
   * May a body of this very dialect go as the client wrote it? Where not, it is read and written anew. Absent: always.
   */
  takesAsIs?(body: JsonObject, variant: Variant | null): boolean;
  /** Top-level fields that are this provider's to say, laid over a body that otherwise stays as it is. */
  readonly ownFields?: JsonObject;
  /** Headers that must agree with the body; what the client set itself wins. */
  bodyHeaders?(body: JsonObject): HeaderPairs;
}
