/**
 * The blocks of a cliproxyapi++ file as providers and accounts of ours, with the meaning they have there (the seed's user
 * guide; config.example.yaml of CLIProxyAPI, read November 2026). What cannot act here is told, entry by entry.
 */
import { defaultPriority } from "../providers/table.ts";
import { mayUse, type AccountsContext, type PlacedAccount } from "./build-accounts.ts";
import { createPlaces, type Place } from "./cliproxy-places.ts";
import type { Dormant } from "./dormant.ts";
import {
  cliproxyBlocks,
  restingKeys,
  restingModelKeys,
  type CliproxyBlock,
  type CliproxyEntry,
} from "./file-cliproxy.ts";
import type { ConfigFile } from "./file-schema.ts";
import type { Path } from "./problem.ts";
import type { AccountConfig, Config, CredentialSource } from "./schema.ts";
import { filePath, readSecret } from "./secrets.ts";

export interface Imported {
  /** Ours and those that the blocks brought with them. */
  readonly providers: Config["providers"];
  readonly accounts: readonly PlacedAccount[];
  readonly dormant: readonly Dormant[];
}

/** @param named ids (`provider/name`) of the accounts the file has besides */
export function importCliproxy(file: ConfigFile, named: ReadonlySet<string>, context: AccountsContext): Imported {
  const places = createPlaces(context);
  const taken = new Set(named);
  const dormant: Dormant[] = [];
  const accounts = blockNames.flatMap((block) =>
    (file[block] ?? []).flatMap((entry, index) => {
      const path = [block, index];
      dormant.push(...restingParts(entry, path));
      const place = block === "kiro" ? { id: "kiro", more: {} } : places.of(block, entry, path);
      return place === null ? [] : accountsOf({ block, entry, path, place, taken }, context);
    }),
  );
  return { providers: places.providers(), accounts, dormant };
}

// The keys of the literal table above are the names of its blocks.
const blockNames = Object.keys(cliproxyBlocks) as readonly CliproxyBlock[];

interface Entry {
  readonly block: CliproxyBlock;
  readonly entry: CliproxyEntry;
  readonly path: Path;
  readonly place: Pick<Place, "id">;
  readonly taken: Set<string>;
}

interface Key {
  readonly source: CredentialSource;
  readonly path: Path;
  readonly proxy: string | undefined;
  readonly weight: number | undefined;
}

function accountsOf(from: Entry, context: AccountsContext): readonly PlacedAccount[] {
  const { entry, path, place, taken } = from;
  const provider = Object.hasOwn(context.providers, place.id) ? context.providers[place.id] : undefined;
  if (from.block === "kiro" && provider === undefined) {
    context.findings.warn(path, "accepted, not active in this version: provider kiro");
  }
  const prefix = prefixFrom(entry.prefix, [...path, "prefix"], context);
  return keysOf(from, context).map((key): PlacedAccount => {
    const name = freeName(place.id, prefix, taken);
    const isOn = entry.disabled !== true;
    const allowed =
      provider === undefined ||
      mayUse(
        key.source,
        {
          id: `${place.id}/${name}`,
          provider,
          origin: context.origins.get(place.id) ?? null,
          path: key.path,
          accepted: entry["accept-terms"] === true,
          word: "accept-terms",
        },
        context.findings,
      );
    const account: AccountConfig = {
      provider: place.id,
      name,
      source: key.source,
      // There a higher number goes first, and 0 is what nobody said.
      priority: defaultPriority - (entry.priority ?? 0),
      // A share below one takes the key out of the weighted choice there.
      weight: Math.max(0, key.weight ?? entry.weight ?? 1),
      enabled: isOn && allowed,
      limits: null,
      prefix,
      models: (entry.models ?? []).map(({ name, alias }) => ({ name, ...(isSaid(alias) ? { alias } : {}) })),
      excludedModels: entry["excluded-models"] ?? [],
      from: "config",
    };
    return { account, path: key.path, proxy: [key.proxy, entry["proxy-url"]].find(isSaid) ?? null };
  });
}

function keysOf({ block, entry, path }: Entry, { sources, findings }: AccountsContext): readonly Key[] {
  if (block === "kiro") return kiroKeys(entry, path, { sources, findings });
  const written = [
    ...(entry["api-key"] === undefined ? [] : [{ "api-key": entry["api-key"], at: ["api-key"] as Path }]),
    ...(entry["api-key-entries"] ?? []).map((each, index) => ({ ...each, at: ["api-key-entries", index, "api-key"] })),
    ...(entry["api-keys"] ?? []).map((each, index) => ({ "api-key": each, at: ["api-keys", index] })),
  ];
  if (entry["token-file"] !== undefined) {
    findings.warn(
      [...path, "token-file"],
      "accepted, not active in this version: only kiro reads a token-file; use api-key",
    );
  } else if (written.length === 0 && block !== "openai-compatibility") {
    findings.wrong(path, 'has no api-key: add "${NAME_OF_A_VARIABLE}" or {file: path}');
  }
  if (written.length === 0) {
    const isOpen = block === "openai-compatibility" && entry["token-file"] === undefined;
    return isOpen ? [{ source: { kind: "none" }, path, proxy: undefined, weight: undefined }] : [];
  }
  return written.map((each): Key => {
    const at = [...path, ...each.at];
    const rest = {
      path: at,
      proxy: "proxy-url" in each ? each["proxy-url"] : undefined,
      weight: "weight" in each ? each.weight : undefined,
    };
    // What is switched off needs no variable set.
    if (entry.disabled === true) return { source: { kind: "none" }, ...rest };
    const read = readSecret(each["api-key"], sources);
    if (read.ok) return { source: { kind: "key", key: read.secret }, ...rest };
    findings.wrong(at, read.message);
    return { source: { kind: "none" }, ...rest };
  });
}

/** Without a file named, their program looks where Kiro itself keeps its login; so do we. */
function kiroKeys(
  entry: CliproxyEntry,
  path: Path,
  { sources, findings }: Pick<AccountsContext, "sources" | "findings">,
): readonly Key[] {
  const file = entry["token-file"];
  if (file === undefined && (entry["access-token"] !== undefined || entry["refresh-token"] !== undefined)) {
    findings.warn(path, "has no account: tokens written into this file are not used; name the token-file of Kiro");
    return [];
  }
  const source = { kind: "client", client: "kiro", path: file === undefined ? null : filePath(file, sources) } as const;
  return [{ source, path, proxy: undefined, weight: undefined }];
}

function prefixFrom(written: string | undefined, path: Path, { findings }: AccountsContext): string | null {
  const prefix = (written ?? "").trim().replace(/^\/+|\/+$/g, "");
  if (prefix === "") return null;
  if (prefix === "combo") findings.wrong(path, '"combo" is the prefix of combos; choose another one');
  else if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(prefix)) {
    findings.wrong(path, "prefixes are letters, digits, dot, dash and underscore (at most 64)");
  }
  return prefix;
}

/** Entries have no names there; the prefix is what their owner calls them. */
function freeName(provider: string, prefix: string | null, taken: Set<string>): string {
  const stem = prefix ?? "key";
  let name = prefix ?? `${stem}-1`;
  for (let number = 2; taken.has(`${provider}/${name}`); number += 1) name = `${stem}-${number}`;
  taken.add(`${provider}/${name}`);
  return name;
}

function restingParts(entry: CliproxyEntry, path: Path): readonly Dormant[] {
  // Values may be secrets: what is kept says only that they are there.
  const parts = restingKeys
    .filter((key) => entry[key] !== undefined)
    .map((key): Dormant => ({ path: [...path, key], value: true }));
  const models = (entry.models ?? []).flatMap((model, index) =>
    restingModelKeys
      .filter((key) => model[key] !== undefined && model[key] !== false)
      .map((key): Dormant => ({ path: [...path, "models", index, key], value: true })),
  );
  return [...parts, ...models];
}

function isSaid(text: string | undefined): text is string {
  return text !== undefined && text.trim() !== "";
}
