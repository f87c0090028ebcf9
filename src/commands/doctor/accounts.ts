/** The accounts: keys that are missing, logins that end, and what rests or has been stopped. */
import type { AccountJson } from "../../base/controls-engine.ts";
import { spanText, untilText } from "../columns.ts";
import { type Check, type CheckGroup, counted, type Finding, ok, skip } from "./check.ts";

/** Of a provider's message. */
const maxReason = 120;

const accounts: Check = {
  id: "account",
  title: "account",
  async run({ accounts: find, config, context }) {
    const fact = await find();
    if (fact.kind === "unknown") return skip(fact.why);
    // A provider that wants no credential has an account all the same.
    const named = fact.accounts.filter(({ source, state }) => source !== "none" || state !== "active");
    if (named.length === 0) return ok("none is set up: calls pass through with their clients' own logins");
    const lacking = new Map(config().unset.map(({ account, name }) => [account, name]));
    const now = context.clock.now();
    const findings = named.map((account): Finding => {
      const variable = fact.live ? undefined : lacking.get(account.id);
      return {
        ...(variable === undefined ? findingOf(account, now) : missingKey(account, variable)),
        about: account.id,
      };
    });
    const well = findings.filter(({ state, text }) => state === "ok" && text === fine);
    if (well.length < 2) return findings;
    // One line for all that nothing is to be said of.
    return [
      ok(`${counted(well.length, "account")} of ${named.length} ready`),
      ...findings.filter((one) => !well.includes(one)),
    ];
  },
};

const fine = "ready";

function missingKey({ enabled }: AccountJson, variable: string): Finding {
  if (!enabled) return skip("switched off");
  return {
    state: "fail",
    text: `its key is not set here (${variable})`,
    fix: `export ${variable}=… before starting a core`,
  };
}

function findingOf({ id, enabled, state, credential, cooldowns, source }: AccountJson, now: number): Finding {
  const next = credential.fix === null ? {} : { fix: credential.fix };
  const clear = `switchyard accounts cooldown clear ${id}`;
  const [held] = cooldowns;
  const why = held === undefined ? {} : { why: `${held.kind}: ${cut(held.reason)}` };
  if (!enabled || state === "disabled") return skip("switched off, or its terms are not accepted");
  switch (credential.state) {
    case "needs-login":
      return { state: "fail", text: "its login is over", ...next };
    case "missing":
      return { state: "fail", text: "it has no credential", ...next };
    case "unreadable":
      return { state: "fail", text: "its credential cannot be read", ...next };
    case "ok":
    case "will-refresh":
      break;
  }
  switch (state) {
    case "needs-login":
      return { state: "fail", text: "its login is over", ...next, ...why };
    case "stopped":
      return { state: "fail", text: "stopped until you act", ...why, fix: `see the provider's site, then: ${clear}` };
    case "cooling": {
      const left = held?.remainingMs ?? null;
      return {
        state: "warn",
        text: left === null ? "cooling" : `cooling for ${spanText(left)} more`,
        ...why,
        fix: clear,
      };
    }
    case "probing":
      return { state: "warn", text: "being tried again after a pause", ...why };
    case "limited":
      return { state: "warn", text: "at its own limits for the moment (limits in config.yaml)" };
    case "active":
      break;
  }
  if (credential.state === "will-refresh") return ok("its login is renewed with the next call");
  if (credential.expiresAt === null) return ok(fine);
  const ends = `its login ends ${untilText(credential.expiresAt, now)}`;
  return ok(source === "login" ? `${ends}, and is renewed before` : ends);
}

function cut(text: string): string {
  return text.length > maxReason ? `${text.slice(0, maxReason)}…` : text;
}

export const accountChecks: CheckGroup = { id: "accounts", checks: [accounts] };
