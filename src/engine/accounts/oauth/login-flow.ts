/** What every kind of login has in common while it is under way: the words between a flow and the list of logins. */
import type { Clock } from "../../../base/clock.ts";
import type { Random } from "../../../base/random.ts";
import type { Tokens } from "../credential.ts";
import { completeLogin, type Extra } from "./complete.ts";
import type { GrantResult, GrantTools } from "./grants.ts";
import type { ServiceInForce } from "./resolve.ts";
import { type After, withDeadline } from "./wait.ts";

export interface FlowTools extends GrantTools {
  readonly clock: Clock;
  readonly random: Random;
  readonly after: After;
}

export type LoginOutcome =
  | { readonly type: "done"; readonly tokens: Tokens; readonly extra: Extra }
  | { readonly type: "failed"; readonly message: string }
  | { readonly type: "expired" }
  | { readonly type: "cancelled" };

/** A login that waits for its user. */
export interface Begun {
  readonly kind: "device" | "browser";
  readonly url: string;
  readonly urlComplete: string | null;
  readonly userCode: string | null;
  readonly expiresInMs: number;
  /** Null: there is nothing to paste. Otherwise takes the text, or says why it does not. */
  readonly paste: ((text: string) => string | null) | null;
  /** Never rejects. */
  readonly outcome: Promise<LoginOutcome>;
}

export type BeginResult =
  | { readonly ok: true; readonly begun: Begun }
  | { readonly ok: false; readonly message: string };

/** No service gives a code for longer than half an hour; a page left open overnight is no login. */
export const maxWaitMs = 3_600_000;

/** One question; a service that is silent for longer is not there. */
export const questionMs = 30_000;

/** Google makes a project meanwhile. */
const completionMs = 120_000;

/** From a grant's answer to the end of the login. */
export async function outcomeOf(
  tools: FlowTools,
  service: ServiceInForce,
  granted: GrantResult,
  signal: AbortSignal,
  extra: Extra = {},
): Promise<LoginOutcome> {
  if (!granted.ok) return signal.aborted ? { type: "cancelled" } : { type: "failed", message: granted.failure.message };
  const completed = await withDeadline(tools.after, completionMs, signal, (inTime) =>
    completeLogin(tools, service, granted.tokens, inTime),
  );
  if (completed.ok) return { type: "done", tokens: completed.tokens, extra: { ...extra, ...completed.extra } };
  return signal.aborted ? { type: "cancelled" } : { type: "failed", message: completed.message };
}
