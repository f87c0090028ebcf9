/**
 * Names in a file that could mean two things, told with the meaning that counts. Which names those are is the resolver's
 * knowledge (routing/collisions.ts); besides them, aliases that only look like something else. Nothing here is wrong: it
 * is what surprises people.
 */
import { aliasReport } from "../routing/collisions.ts";
import type { PlacedAccount } from "./build-accounts.ts";
import type { Findings } from "./build.ts";
import type { ConfigFile } from "./file-schema.ts";
import type { Path } from "./problem.ts";
import type { Config } from "./schema.ts";

type Parts = Pick<Config, "aliases" | "combos" | "providers">;

export function warnAboutCollisions(
  file: ConfigFile,
  parts: Parts,
  placed: readonly PlacedAccount[],
  findings: Findings,
): void {
  const accounts = placed.map(({ account }) => account);
  for (const { name, meanings, taken } of aliasReport(parts, accounts).collisions) {
    const others = meanings.filter((meaning) => meaning !== taken).join(", ");
    findings.warn(placeOf(name, file, placed), `"${name}" means ${taken}; it could also mean ${others}`);
  }
  for (const [alias, target] of Object.entries(parts.aliases)) {
    for (const text of lookalikes(alias, target, parts, accounts)) {
      findings.warn(["aliases", alias], `"${alias}" is also ${text}`);
    }
  }
}

/** Alone the word is the alias; before a slash, or behind another alias, it is something else. */
function lookalikes(
  alias: string,
  target: string,
  { aliases, providers }: Parts,
  accounts: Config["accounts"],
): readonly string[] {
  const others = Object.entries(aliases).filter(([other, to]) => other !== alias && to !== target);
  return [
    ...(Object.hasOwn(providers, alias)
      ? [`the name of a provider: alone it means ${target}, in "${alias}/MODEL" the provider`]
      : []),
    ...(accounts.some(({ prefix }) => prefix === alias)
      ? [`the prefix of an account: alone it means ${target}, in "${alias}/MODEL" the account`]
      : []),
    ...others
      .filter(([, to]) => to === alias)
      .map(([other]) => `what alias "${other}" stands for: "${other}" goes on to ${target}`),
    ...others
      .filter(([, to]) => to.endsWith(`/${alias}`))
      .map(([other, to]) => `the model of alias "${other}": alone it means ${target}, "${other}" means ${to}`),
  ];
}

/** Where the file says a name. */
function placeOf(name: string, file: ConfigFile, placed: readonly PlacedAccount[]): Path {
  if (Object.hasOwn(file.aliases ?? {}, name)) return ["aliases", name];
  if (Object.hasOwn(file.combos ?? {}, name)) return ["combos", name];
  const holder = placed.find(
    ({ account }) => account.prefix === name || account.models.some(({ alias }) => alias === name),
  );
  if (holder !== undefined) return holder.path;
  for (const [id, block] of Object.entries(file.providers ?? {})) {
    const index = (block.models ?? []).findIndex(({ alias }) => alias === name);
    if (index >= 0) return ["providers", id, "models", index];
  }
  return [];
}
