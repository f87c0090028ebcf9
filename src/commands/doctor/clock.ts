/**
 * Is this machine's clock right? Asked of what is at hand and of nobody on the network: the authority's dates, the files of
 * this home, and what a provider's reply to the running core said of the time.
 */
import type { FlowDetailJson } from "../../base/controls.ts";
import { headerValue } from "../../base/headers.ts";
import { spanText } from "../columns.ts";
import { storedOf } from "./ca.ts";
import { type Check, type CheckGroup, ok, skip } from "./check.ts";
import type { DoctorDeps } from "./facts.ts";
import { statsOf } from "./read-text.ts";

const minuteMs = 60_000;
/** Tokens and signatures bear some minutes; so do file systems of other machines. */
const toleratedMs = 5 * minuteMs;

const clock: Check = {
  id: "time",
  title: "clock",
  async run(deps) {
    const { context } = deps;
    const now = context.clock.now();
    const shown = new Date(now).toISOString();
    const stored = await storedOf(deps);
    if (stored !== null && now < stored.notBefore) {
      const text = `it says ${shown}, and the certificate authority was made later than that`;
      return { state: "fail", text, why: "clients refuse certificates from the future", fix: "set the clock right" };
    }
    const newest = Math.max(
      ...[context.paths.stateFile, context.paths.pidFile].map((path) => statsOf(path)?.mtimeMs ?? 0),
    );
    if (newest - now > toleratedMs) {
      const text = `it says ${shown}; a file of this home was written ${spanText(newest - now)} later than that`;
      return { state: "warn", text, why: "it has been set back, or was ahead before", fix: "set the clock right" };
    }
    const compared = [
      ...(stored === null ? [] : ["the authority"]),
      ...(newest === 0 ? [] : ["the files of this home"]),
    ];
    const text = compared.length === 0 ? shown : `${shown}, in order with ${compared.join(" and ")}`;
    return ok(text);
  },
};

const skew: Check = {
  id: "skew",
  title: "providers' clocks",
  async run(deps) {
    if ((await deps.core()).kind !== "running") return skip("no core runs, so no reply is at hand");
    const differences = await differencesSeen(deps);
    if (differences.length === 0) return skip("no reply is at hand that says what time it is there");
    // Caches answer with old dates: the reply that differs least is the one to believe.
    const least = differences.reduce((one, other) => (Math.abs(other) < Math.abs(one) ? other : one));
    if (Math.abs(least) <= toleratedMs)
      return ok(`within ${spanText(Math.max(1_000, Math.abs(least)))} of ours, by their replies`);
    const text = `this clock is ${spanText(Math.abs(least))} ${least > 0 ? "ahead of" : "behind"} the providers' by their replies`;
    return { state: "fail", text, why: "logins and signatures are refused for that", fix: "set the clock right" };
  },
};

/** Replies to look into: each costs a question to the core. */
const maxReplies = 5;

/** Ours minus theirs, ms. Only replies from other machines say something. */
async function differencesSeen({ core, flows }: DoctorDeps): Promise<readonly number[]> {
  const running = await core();
  if (running.kind !== "running") return [];
  const ended = (await flows()).filter(
    ({ action, status }) => status !== null && (action === "passthrough" || action === "reroute"),
  );
  const details = await Promise.all(
    // One that has left the log meanwhile says nothing.
    ended.slice(0, maxReplies).map(({ id }) => running.client.flow(id).catch(() => null)),
  );
  return details.flatMap((flow) => (flow === null ? [] : differenceIn(flow)));
}

function differenceIn({ sides, startedAt, timings }: FlowDetailJson): readonly number[] {
  const headers = (sides["upstream-reply"] ?? sides["client-reply"])?.headers ?? [];
  if (headerValue(headers, "age") !== undefined) return [];
  const theirs = Date.parse(headerValue(headers, "date") ?? "");
  const ours = Date.parse(startedAt) + (timings.ttfbMs ?? 0);
  return Number.isNaN(theirs) || Number.isNaN(ours) ? [] : [ours - theirs];
}

export const clockChecks: CheckGroup = { id: "clock", checks: [clock, skew] };
