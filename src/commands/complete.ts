/**
 * `switchyard __complete KIND`: the names that completion scripts offer, one a line with what it is behind a tab. From the
 * running core, else from the files as they are written, without the engine: a shell waits for this. Whatever goes wrong
 * is no news at a prompt: it prints what it has and ends well.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { clientIds } from "../base/flow.ts";
import { isRecord, own } from "../base/json.ts";
import { type ControlClient, connectControl } from "../control/client.ts";
import { type Kind, kinds } from "./completion-kinds.ts";
import { type CommandContext, printLines, shown } from "./context.ts";
import { exitCodes } from "./failure.ts";

type Names = readonly (readonly [name: string, about: string])[];

export async function complete(context: CommandContext, named: string): Promise<number> {
  const kind = kinds.find((each) => each === named);
  if (kind === undefined) return exitCodes.ok;
  const names = await namesOf(context, kind).catch((): Names => []);
  printLines(
    context.stdout,
    names
      // A name that could command the shell's prompt, or be two words, cannot be completed.
      .filter(([name]) => name === shown(name) && !/[\s'"\\$`]/.test(name))
      .map(([name, about]) => (about === "" ? name : `${name}\t${shown(about)}`)),
  );
  return exitCodes.ok;
}

async function namesOf(context: CommandContext, kind: Kind): Promise<Names> {
  if (kind === "clients") return clientIds.map((id) => [id, ""]);
  const live = connectControl(context.paths);
  try {
    return await fromCore(live, kind);
  } catch {
    return await fromFiles(context, kind);
  }
}

/** Older ones are looked for with `flows list`. */
const maxFlows = 100;

async function fromCore(core: ControlClient, kind: Exclude<Kind, "clients">): Promise<Names> {
  switch (kind) {
    case "flows": {
      const { flows } = await core.flows(maxFlows);
      return flows
        .toReversed()
        .map(({ id, client, host, status, model }) => [
          id,
          [client, host, status ?? "-", model.asked ?? ""].join(" ").trim(),
        ]);
    }
    case "accounts":
      return (await core.accounts()).map(({ id, state }) => [id, state]);
    case "providers":
      return (await core.providers()).map(({ id, description }) => [id, description]);
    case "models":
      return (await core.models({ provider: null, refresh: false })).map(({ id, kind: what }) => [id, what]);
    case "combos":
      return (await core.combos()).map(({ name, members }) => [name, members.map(({ text }) => text).join(", ")]);
    case "aliases":
      return Object.entries((await core.aliases()).aliases);
    case "targets": {
      const models = await core.models({ provider: null, refresh: false });
      return [...keywords, ...models.map(({ id, kind: what }) => [id, what] as const)];
    }
  }
}

const keywords: Names = [
  ["passthrough", "to the original provider, untouched"],
  ["block", "refused"],
];

async function fromFiles(context: CommandContext, kind: Exclude<Kind, "clients">): Promise<Names> {
  if (kind === "flows") return [];
  const { parse } = await import("yaml");
  const file: unknown = await readFile(context.paths.configFile, "utf8").then(
    (text): unknown => parse(text),
    () => null,
  );
  const table = (name: string): readonly (readonly [string, unknown])[] => {
    const found = own(file, name);
    return isRecord(found) ? Object.entries(found) : [];
  };
  const combos = table("combos").map(
    ([name, members]) => [name, Array.isArray(members) ? members.join(", ") : ""] as const,
  );
  const aliases = table("aliases").map(([name, target]) => [name, String(target)] as const);
  switch (kind) {
    case "combos":
      return combos;
    case "aliases":
      return aliases;
    case "accounts":
      return [...accountsOf(file), ...(await storedAccounts(context))];
    case "providers": {
      const { builtInProviders } = await import("../engine/providers/table.ts");
      const known = Object.entries(builtInProviders).map(([id, { description }]) => [id, description] as const);
      const added = table("providers").filter(([id]) => !Object.hasOwn(builtInProviders, id));
      return [...known, ...added.map(([id]) => [id, "of config.yaml"] as const)];
    }
    case "models":
    case "targets": {
      const models = table("providers").flatMap(([id, provider]) => modelsOf(id, provider));
      const named = combos.map(([name, about]) => [`combo/${name}`, about] as const);
      return [...(kind === "targets" ? keywords : []), ...aliases, ...named, ...models];
    }
  }
}

function modelsOf(id: string, provider: unknown): Names {
  return ["models", "more_models"].flatMap((list) => {
    const models = own(provider, list);
    return (Array.isArray(models) ? models : []).flatMap((model: unknown) => {
      const name = own(model, "alias") ?? own(model, "name");
      return typeof name === "string" ? [[`${id}/${name}`, "of config.yaml"] as const] : [];
    });
  });
}

function accountsOf(file: unknown): Names {
  const accounts = own(file, "accounts");
  return (Array.isArray(accounts) ? accounts : []).flatMap((account: unknown) => {
    const [provider, name] = [own(account, "provider"), own(account, "name") ?? "default"];
    return typeof provider === "string" && typeof name === "string"
      ? [[`${provider}/${name}`, "of config.yaml"] as const]
      : [];
  });
}

/** By their files' names alone: what is in them is nobody's business here. */
async function storedAccounts({ paths }: CommandContext): Promise<Names> {
  const { keyOfFileName } = await import("../engine/accounts/credentials/file-name.ts");
  const files = await readdir(join(paths.dataDir, "accounts")).catch(() => []);
  return files.flatMap((file) => {
    const key = keyOfFileName(file);
    return key === null ? [] : [[`${key.provider}/${key.name}`, "stored"] as const];
  });
}
