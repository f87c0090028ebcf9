/** What a call's folder is called, and which folders are ours. `{source}_{target}_{model}_{YYYYMMDD_HHMMSS}`, local time. */
import type { LoggedCall } from "../../base/request-log.ts";

const maxPartLength = 80;

export function folderName({ source, target, model, at }: LoggedCall): string {
  return [source, target, model].map(safePart).join("_") + `_${localTime(at)}`;
}

/** Letters, digits, `.`, `_` and `-` are safe in every file system; a leading dot would hide the folder. */
function safePart(text: string): string {
  const safe = text
    .slice(0, maxPartLength)
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^[.-]+/, "");
  return safe === "" ? "unknown" : safe;
}

function localTime(at: number): string {
  const date = new Date(at);
  const two = (number: number): string => String(number).padStart(2, "0");
  const day = `${date.getFullYear()}${two(date.getMonth() + 1)}${two(date.getDate())}`;
  return `${day}_${two(date.getHours())}${two(date.getMinutes())}${two(date.getSeconds())}`;
}

const ours = /_(?<time>\d{8}_\d{6})(?:-(?<again>\d+))?$/;

/** Sorts by when the call was made; null for a folder that is none of ours. */
export function folderOrder(name: string): string | null {
  const groups = ours.exec(name)?.groups;
  if (groups === undefined) return null;
  return `${groups["time"] ?? ""}-${(groups["again"] ?? "1").padStart(6, "0")}`;
}
