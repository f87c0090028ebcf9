/**
 * Is a provider there, and does it take this credential? Asked with its list of models where it has one, else with a
 * HEAD and without the credential. Spends no tokens.
 */
import type { Credential } from "../accounts/credential.ts";
import type { ProviderConfig } from "../config/schema.ts";
import { ask, type AskDeps } from "./ask.ts";
import { providerFrom } from "./compatible.ts";
import { modelListCalls } from "./discover.ts";

export interface HealthResult {
  /**
   * `healthy`: it answered, and took the credential where one was shown. `unauthorized`: it refused the credential.
   * `limited`: it is there and lets nobody in now. `failing`: it answers with errors. `unreachable`: it does not answer.
   */
  readonly status: "healthy" | "unauthorized" | "limited" | "failing" | "unreachable";
  readonly httpStatus: number | null;
  readonly latencyMs: number;
  /** False: reached, but no credential was shown, so nothing is known of it. */
  readonly credentialChecked: boolean;
  /** For people. */
  readonly reason: string;
}

export interface HealthQuestion {
  readonly id: string;
  readonly config: ProviderConfig;
  readonly credential: Credential | null;
  readonly signal: AbortSignal;
}

export async function checkHealth(deps: AskDeps, question: HealthQuestion): Promise<HealthResult> {
  const { id, config, credential, signal } = question;
  const provider = providerFrom(id, config);
  // The last one is the plainest; every server of its dialect has it.
  const call = modelListCalls(provider, config, credential).at(-1);
  const asksList = call !== undefined && (credential !== null || config.authType === "none");
  const startedAt = deps.clock.monotonic();
  const answer = asksList
    ? await ask(deps, { provider, credential, method: "GET", target: call.target, headers: call.headers, signal })
    : await ask(deps, { provider, credential: null, method: "HEAD", target: "/", signal });
  const base = {
    httpStatus: answer.status,
    latencyMs: deps.clock.monotonic() - startedAt,
    // A server that has no such call may not have looked at it.
    credentialChecked: asksList && credential !== null && (answer.ok || answer.status === 401 || answer.status === 403),
  };
  if (answer.status === null) {
    return { ...base, status: "unreachable", reason: answer.ok ? "it did not answer" : answer.message };
  }
  const status = asksList ? statusOf(answer.status, answer.ok) : reached(answer.status);
  return { ...base, status, reason: answer.ok ? `answered ${answer.status}` : answer.message };
}

function statusOf(httpStatus: number, ok: boolean): HealthResult["status"] {
  if (ok) return "healthy";
  if (httpStatus === 401 || httpStatus === 403) return "unauthorized";
  if (httpStatus === 429) return "limited";
  // It has no such call, but it is there.
  if (httpStatus === 404 || httpStatus === 405 || httpStatus === 501) return "healthy";
  return "failing";
}

/** Without a credential a refusal is what a healthy server answers. */
function reached(httpStatus: number): HealthResult["status"] {
  if (httpStatus === 429) return "limited";
  return httpStatus >= 500 && httpStatus !== 501 ? "failing" : "healthy";
}
