/** What a killed core may have left: files that nobody knows, and processes that nobody waits for. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Everything that a home holds by design. */
const known = [
  /^config\.yaml$/,
  /^state\.json(\.bak)?$/,
  /^core\.json$/,
  /^control\.sock$/,
  /^certs(\/(authority\.pem|root\.pem|roots\.jsonl|ca-bundle\.pem|bundle\.pem|extra-ca\.pem|[\w.-]+\.(pem|crt|env)))?$/,
  /^accounts(\/[\w@.+~-]+\.json)?$/,
  /^usage(\/[\w.-]+\.jsonl)?$/,
  /^logs(\/(core\.log|requests(\/.*)?))?$/,
  /^install-journal\.jsonl$/,
];

/** Names of files that no home should hold, also after kills: halves, leftovers, locks of nobody. */
export function strays(home: string): readonly string[] {
  return readdirSync(home, { recursive: true })
    .map(String)
    .filter((name) => !known.some((pattern) => pattern.test(name)));
}

/** Processes of this machine whose environment names the folder; null where the system does not tell. */
export function processesOf(folder: string): readonly number[] | null {
  if (process.platform !== "linux") return null;
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && textOf(join("/proc", String(pid), "environ")).includes(`=${folder}\0`));
}

/** Empty for a process that is gone, or is not ours. */
function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
