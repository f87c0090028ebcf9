/** A provider as the pipeline sees it: a value that knows where its calls go and how its key is shown. */
import type { Clock } from "../../base/clock.ts";
import type { HeaderPairs } from "../../base/http.ts";
import type { Random } from "../../base/random.ts";
import type { Credential, LoginFacts } from "../accounts/credential.ts";
import type { FormatId, JsonObject, Variant, WriteOptions } from "../formats/format.ts";

/** An origin a provider's credentials may go to. */
export interface Origin {
  readonly scheme: "http" | "https";
  /** Lower case, an IPv6 literal without brackets. */
  readonly host: string;
  readonly port: number;
  /** What the `host` header says: the port only where it is not the scheme's own. */
  readonly authority: string;
  /** Its base path where that is not the one of `Provider.origin`. */
  readonly basePath?: string;
}

/** What a signature is made with, where a service wants each call signed. */
export interface AuthorizeOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** The `user-agent` that goes out with this call; null: none does. */
  readonly userAgent: string | null;
}

export interface Provider {
  readonly id: string;
  readonly format: FormatId;
  readonly variant?: Variant;
  readonly origin: Origin;
  /** The protocol its addresses must be asked by. Absent: HTTP/1.1. */
  readonly over?: "h2";
  /** All of them, in the order in which they are tried; `origin` is the first. */
  readonly origins: readonly Origin[];
  /**
   * The request target for a call's path (`/v1/messages`, `/chat/completions`), whatever segments the base URL has.
   * `at`: the origin it goes to, where that is not `origin`.
   */
  target(callPath: string, at?: Origin): string;
  /**
   * The one place where a credential becomes text. A field that is there already is replaced, but `anthropic-beta`, which is
   * a list and joins the client's own.
   */
  authorize(credential: Credential, options?: AuthorizeOptions): HeaderPairs;
  /** Where a token is bound to a host of its own; null: at `origin` like the others. Never any host a reply could name. */
  originFor?(facts: LoginFacts): Origin | null;
  /**
   * Headers that belong to one of its addresses and not to the call: they replace what is there; null takes one out.
   * `callPath`: the call's as its dialect has it. `tried`: addresses that were asked before this one.
   */
  originHeaders?(origin: Origin, callPath: string, tried: number): readonly (readonly [string, string | null])[];
  /**
   * Does a refusal (400 and above) say that another of its addresses should be asked? The body is in plain bytes, cut at a
   * bound. Absent: statuses that speak of an address tell.
   */
  goesElsewhere?(status: number, body: Uint8Array): boolean;
  /** This provider as the owner of one login has it: at that login's host, with its project. Absent: the same for all. */
  forLogin?(facts: LoginFacts): Provider;
  /** This provider as one of its models has it: some are served in another dialect. Absent: the same for all. */
  forModel?(model: string): Provider;
  /** How this provider wants a translated request written. */
  writeOptions(model: string, facts?: LoginFacts): WriteOptions;
  /**
   * May a body of this very dialect go as the client wrote it? Where not, it is read and written anew. Absent: always.
   */
  takesAsIs?(body: JsonObject, variant: Variant | null): boolean;
  /** The last word on a body, in either lane: what the service refuses though its dialect has it. The same object: nothing. */
  amendBody?(body: JsonObject): JsonObject;
  /** Top-level fields that are this provider's to say, laid over a body that otherwise stays as it is. */
  readonly ownFields?: JsonObject;
  /** Headers that the service demands with every call; what the client set itself wins. */
  readonly usualHeaders?: HeaderPairs;
  /** Headers that must agree with the body, or that the service demands; what the client set itself wins. */
  bodyHeaders?(body: JsonObject): HeaderPairs;
}
