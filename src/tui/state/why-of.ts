/** What is said of something that failed: the core's own words, and the command it names. */
import { own } from "../../base/json.ts";
import { safeLine } from "../../base/safe-text.ts";

export function whyOf(error: unknown): string {
  const why = error instanceof Error ? error.message : "it failed, and does not say why";
  const command = own(error, "next");
  return safeLine(typeof command === "string" ? `${why}.  next: ${command}` : why);
}
