/**
 * The external credential file, `provider-credentials.json`: what a login needs and this build does not hold, by service.
 * Lenient by design (the seed's rule): what is not understood is skipped with a warning, the rest counts. Never throws.
 */
import { chmod, open } from "node:fs/promises";
import { isRecord, own, parseJson } from "../../../base/json.ts";
import { safeLine } from "../../../base/safe-text.ts";
import { Secret } from "../../../base/secret.ts";
import type { OAuthConfig } from "../../config/schema.ts";
import { serviceOf } from "./services.ts";

export interface Overrides {
  readonly byService: Readonly<Record<string, OAuthConfig>>;
  /** In words, for the log and `doctor`. */
  readonly warnings: readonly string[];
}

/** Far more than ten services can fill. */
const maxFileBytes = 256 * 1024;
const privateMode = 0o600;

const fields = ["clientId", "tokenUrl", "authUrl", "refreshUrl"] as const;

export async function readOverrides(path: string): Promise<Overrides> {
  const warnings: string[] = [];
  const text = await readPrivate(path, warnings);
  if (text === null) return { byService: {}, warnings };
  const parsed = parseJson(text);
  if (!parsed.ok || !isRecord(parsed.value)) {
    // A parser's own words quote the text, and the text holds secrets.
    const why = parsed.ok ? "it is not a JSON object" : "it is not valid JSON";
    return { byService: {}, warnings: [...warnings, `${path} is ignored: ${why}`] };
  }
  const byService: Record<string, OAuthConfig> = {};
  for (const [name, value] of Object.entries(parsed.value)) {
    const id = serviceOf(name);
    if (id === null) warnings.push(`${path}: unknown provider "${safeLine(name.slice(0, 60))}" is skipped`);
    else if (!isRecord(value)) warnings.push(`${path}: "${name}" is skipped, for it is not an object`);
    else
      byService[id] = read(value, (field) => warnings.push(`${path}: ${name}.${field} is skipped, for it is not text`));
  }
  return { byService, warnings };
}

function read(value: Record<string, unknown>, skip: (field: string) => void): OAuthConfig {
  const found: { -readonly [Key in keyof OAuthConfig]: OAuthConfig[Key] } = {};
  for (const field of fields) {
    const said = own(value, field);
    if (typeof said === "string" && said !== "") found[field] = said;
    else if (said !== undefined) skip(field);
  }
  const secret = own(value, "clientSecret");
  if (typeof secret === "string" && secret !== "") found.clientSecret = new Secret(secret);
  else if (secret !== undefined) skip("clientSecret");
  return found;
}

/** Null where there is no file, which is the usual case and worth no word. */
async function readPrivate(path: string, warnings: string[]): Promise<string | null> {
  try {
    const file = await open(path, "r");
    try {
      const stat = await file.stat();
      if (!stat.isFile()) throw new Error("it is not a file");
      if (stat.size > maxFileBytes) throw new Error(`it is larger than ${maxFileBytes} bytes`);
      // Windows keeps no such mode.
      if (process.platform !== "win32" && (stat.mode & 0o077) !== 0) await narrow(path, stat.mode, warnings);
      return await file.readFile("utf8");
    } finally {
      await file.close();
    }
  } catch (error) {
    if (own(error, "code") === "ENOENT") return null;
    warnings.push(`${path} is ignored: ${error instanceof Error ? error.message : "it cannot be read"}`);
    return null;
  }
}

async function narrow(path: string, mode: number, warnings: string[]): Promise<void> {
  const was = (mode & 0o777).toString(8);
  try {
    await chmod(path, privateMode);
    warnings.push(`${path} could be read by others (mode ${was}); it is 600 now`);
  } catch (error) {
    const why = error instanceof Error ? error.message : "the mode cannot be changed";
    warnings.push(`${path} can be read by others (mode ${was}) and stays so: ${why}; run chmod 600 on it`);
  }
}
