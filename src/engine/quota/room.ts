/** Does a reading prove that there is quota again? Silence proves nothing. */
import type { QuotaReading, QuotaWindow } from "./quota.ts";
import { asOf } from "./window.ts";

/** Windows of things that no model call draws on: an editor's completions, reviews of pull requests. */
const besideCalls: ReadonlySet<string> = new Set(["completions", "code_review"]);

/**
 * `model` null: the account's own windows, for a cooldown of all its models. A model: one of its own windows has room,
 * and none of the account's is over; the account's figures alone say nothing of a limit that was the model's.
 */
export function hasRoom(reading: QuotaReading, model: string | null): boolean {
  const windows = reading.windows
    .filter(({ name }) => !besideCalls.has(name))
    .map((window) => asOf(window, reading.readAt));
  const shared = windows.filter((window) => window.model === null);
  const owned = model === null ? shared : windows.filter((window) => concerns(window, model));
  return owned.length > 0 && [...shared, ...owned].every(({ exhausted }) => !exhausted);
}

/** By the model's name, or by a family's one word (`opus`, `Fable`) in it. */
function concerns({ model }: QuotaWindow, asked: string): boolean {
  if (model === null) return false;
  const wanted = asked.toLowerCase();
  const own = model.toLowerCase();
  if (own === wanted) return true;
  return /^[a-z]+$/.test(own) && wanted.split(/[^a-z0-9]+/).includes(own);
}
