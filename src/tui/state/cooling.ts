/**
 * "All accounts of a target rest": known from what the last call that failed for it was told, so that nothing has to be
 * asked. It is over when its time has come, or when a later call is served.
 */
import type { FlowView } from "./flow-view.ts";

export interface Cooling {
  readonly provider: string;
  readonly model: string;
  /** Who is ready first, and when; null: nobody before a person has acted. */
  readonly next: { readonly name: string; readonly at: number } | null;
  /** From then on nothing is said of it. */
  readonly endsAt: number;
  /** When it was said. */
  readonly at: number;
}

/** The engine's words (`engine/accounts/words.ts`); another wording shows no banner, and the error is in the list anyway. */
const words =
  /no account of (?<provider>\S+) can serve (?<model>\S+) (?:until you act:|now; (?<name>\S+) can in (?<time>[\d.]+ (?:ms|s|min|h \d+ min)))/;

/** What needs an action is said for as long after the last failed call. */
const remindMs = 60_000;

export function coolingAfter(cooling: Cooling | null, flow: FlowView): Cooling | null {
  if (cooling !== null && flow.startedAt >= cooling.at && flow.state === "done" && flow.provider === cooling.provider) {
    return (flow.status ?? 500) < 400 ? null : cooling;
  }
  const found = flow.error === null ? null : words.exec(flow.error);
  const at = flow.endedAt ?? flow.startedAt;
  if (found === null || (cooling !== null && at < cooling.at)) return cooling;
  const { provider = "", model = "", name, time } = found.groups ?? {};
  if (cooling !== null && at === cooling.at && provider === cooling.provider) return cooling;
  if (name === undefined || time === undefined) return { provider, model, next: null, endsAt: at + remindMs, at };
  const readyAt = at + milliseconds(time);
  return { provider, model, next: { name, at: readyAt }, endsAt: readyAt, at };
}

/** `400 ms`, `7.5 s`, `3 min`, `2 h 5 min`. */
function milliseconds(time: string): number {
  const unit: Readonly<Record<string, number>> = { ms: 1, s: 1_000, min: 60_000, h: 3_600_000 };
  return [...time.matchAll(/([\d.]+) (ms|s|min|h)/g)].reduce(
    (sum, [, figure, name]) => sum + Number(figure) * (unit[name ?? ""] ?? 0),
    0,
  );
}
