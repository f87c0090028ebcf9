/** A configuration from YAML text, with the keys that the tests' accounts ask for. */
import { parseConfig } from "../../config/load.ts";
import type { Config } from "../../config/schema.ts";

export const keys = { A: "sk-stored-key-of-account-a", B: "sk-stored-key-of-account-b" } as const;

export function loadConfigText(yaml: string): Config {
  const loaded = parseConfig(yaml, { path: "/config.yaml", env: { HOME: "/", ...keys } });
  if (!loaded.ok) throw new Error(loaded.problems.map(({ message }) => message).join("; "));
  return loaded.config;
}
