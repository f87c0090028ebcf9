/**
 * The Google Cloud project that Code Assist calls are made in: asked for after a login, and made by Google (`onboardUser`,
 * a long-running operation) where the account has none yet. As google-gemini/gemini-cli, code_assist/setup.ts (2026).
 */
import { isRecord, own } from "../../../base/json.ts";
import { safeLine } from "../../../base/safe-text.ts";
import type { Secret } from "../../../base/secret.ts";
import { text } from "./facts.ts";
import { failureOf } from "./failure.ts";
import { whoOf, type GrantTools } from "./grants.ts";
import type { ServiceInForce } from "./resolve.ts";
import { type After, waitFor } from "./wait.ts";
import type { WireReply } from "./wire.ts";

export type ProjectResult =
  | { readonly ok: true; readonly project: string; readonly plan: string | undefined }
  | { readonly ok: false; readonly message: string };

/** For Antigravity, too: public clients of it ask here first (NoeFabris/opencode-antigravity-auth, 2026). */
const base = "https://cloudcode-pa.googleapis.com/v1internal";
const pollMs = 5_000;
/** A minute; it usually takes two looks. */
const maxPolls = 12;
const metadata = { ideType: "IDE_UNSPECIFIED", platform: "PLATFORM_UNSPECIFIED", pluginType: "GEMINI" } as const;

export async function findProject(
  tools: GrantTools & { readonly after: After },
  service: ServiceInForce,
  accessToken: Secret,
  signal: AbortSignal,
): Promise<ProjectResult> {
  const who = whoOf(service, base);
  const ask = (url: string, body: object | null): Promise<WireReply> => {
    const headers = {
      authorization: `Bearer ${accessToken.reveal()}`,
      ...(body === null ? {} : { "content-type": "application/json" }),
    };
    const secrets = [accessToken];
    if (body === null) return tools.wire.ask({ url, method: "GET", headers, secrets, who }, signal);
    return tools.wire.ask({ url, method: "POST", headers, body: JSON.stringify(body), secrets, who }, signal);
  };
  try {
    const loaded = await ask(`${base}:loadCodeAssist`, { metadata });
    const current = own(loaded, "currentTier");
    const plan = text(own(own(loaded, "paidTier"), "id")) ?? text(own(current, "id"));
    const project = projectIn(own(loaded, "cloudaicompanionProject"));
    if (project !== undefined) return { ok: true, project, plan };
    // It is on a plan already, and that plan wants a project of the account's own.
    if (isRecord(current)) return { ok: false, message: noProject(service, loaded) };
    const tierId = defaultTier(loaded);
    if (tierId === undefined) return { ok: false, message: noProject(service, loaded) };
    let operation = await ask(`${base}:onboardUser`, { tierId, metadata });
    for (let polls = 0; own(operation, "done") !== true && polls < maxPolls; polls += 1) {
      if (!(await waitFor(tools.after, pollMs, signal))) return { ok: false, message: `${who}: the login was ended` };
      const name = operationName(operation);
      operation =
        name === null ? await ask(`${base}:onboardUser`, { tierId, metadata }) : await ask(`${base}/${name}`, null);
    }
    const made = projectIn(own(own(operation, "response"), "cloudaicompanionProject"));
    return made === undefined
      ? { ok: false, message: noProject(service, loaded) }
      : { ok: true, project: made, plan: tierId };
  } catch (error) {
    return { ok: false, message: failureOf(error, who).message };
  }
}

/** A name, or an object with one (`onboardUser` answers so). */
function projectIn(value: unknown): string | undefined {
  return text(value) ?? text(own(value, "id"));
}

function defaultTier(loaded: WireReply): string | undefined {
  const tiers = own(loaded, "allowedTiers");
  const found = Array.isArray(tiers) ? tiers.find((tier: unknown) => own(tier, "isDefault") === true) : undefined;
  return text(own(found, "id"));
}

/** It becomes part of a path, so only what an operation is called passes. */
function operationName(operation: WireReply): string | null {
  const name = own(operation, "name");
  return typeof name === "string" && /^operations\/[\w-]{1,200}$/.test(name) ? name : null;
}

function noProject(service: ServiceInForce, loaded: WireReply): string {
  const tiers = own(loaded, "ineligibleTiers");
  const reasons = (Array.isArray(tiers) ? tiers : [])
    .map((tier: unknown) => text(own(tier, "reasonMessage")))
    .filter((reason) => reason !== undefined);
  const why = reasons.length === 0 ? "it needs one of your own, set up in the Google Cloud console" : reasons.join(" ");
  return `${service.title}: this Google account has no Code Assist project: ${safeLine(why)}`;
}
