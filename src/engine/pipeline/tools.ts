/** What the stages of the pipeline are given: everything that is not a pure function of the call. */
import type { Clock } from "../../base/clock.ts";
import type { HttpHandler } from "../../base/http.ts";
import type { Random } from "../../base/random.ts";
import type { RequestLog } from "../../base/request-log.ts";
import type { Credentials } from "../accounts/credential.ts";
import type { AccountPool } from "../accounts/pool.ts";
import type { Availability } from "../routing/availability.ts";
import type { CallObserver } from "../observer.ts";
import type { Dedupe } from "./dedupe.ts";
import type { ResponseMemory } from "./response-memory.ts";
import type { SignatureLedger } from "../hub/signature-ledger.ts";

/** Runs `run` once after `ms`; the returned function calls it off. */
export type After = (ms: number, run: () => void) => () => void;

export const systemAfter: After = (ms, run) => {
  const timer = setTimeout(run, ms);
  // A waiting keep-alive must not keep a process alive that is otherwise done.
  timer.unref();
  return () => clearTimeout(timer);
};

export interface Tools {
  readonly send: HttpHandler;
  readonly clock: Clock;
  readonly random: Random;
  readonly after: After;
  /** Thinking and signatures that clients cannot hand back, kept for their next request. */
  readonly ledger: SignatureLedger;
  readonly pool: AccountPool;
  readonly credentials: Credentials;
  readonly availability: () => Availability;
  /** Keeps the figures. */
  readonly observer: CallObserver;
  readonly dedupe: Dedupe;
  /** Replies to Responses clients, which may refer to them later. */
  readonly responses: ResponseMemory;
  /** Absent: rerouted calls are not written down. */
  readonly requestLog?: RequestLog;
}
