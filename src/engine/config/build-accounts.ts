/**
 * The `accounts` list. Where a credential comes from is said once: a key, a login of our own, or another program's login.
 * A login serves only when its owner has accepted what the provider's terms may say about that (`accept_terms`).
 */
import { providerId } from "../providers/registry.ts";
import { defaultPriority } from "../providers/table.ts";
import type { Findings } from "./build.ts";
import { buildLimits } from "./build-limits.ts";
import type { AccountBlock, ConfigFile } from "./file-schema.ts";
import { clientFor, clientProblem, homeProblem } from "./login-home.ts";
import { suggestion } from "./nearest.ts";
import type { Path } from "./problem.ts";
import type { AccountConfig, Config, CredentialSource, ProviderConfig } from "./schema.ts";
import { filePath, readSecret, type SecretSources } from "./secrets.ts";

export interface AccountsContext {
  readonly providers: Config["providers"];
  readonly origins: ReadonlyMap<string, string>;
  /** What `provider` may say: providers in force, and those that rest. */
  readonly known: ReadonlySet<string>;
  readonly sources: SecretSources;
  readonly findings: Findings;
}

/** An account and where the file says it. */
export interface PlacedAccount {
  readonly account: AccountConfig;
  readonly path: Path;
  /** As written; the network settings read it. */
  readonly proxy: string | null;
}

export function buildAccounts(file: ConfigFile, context: AccountsContext): readonly PlacedAccount[] {
  const taken = new Set<string>();
  return (file.accounts ?? []).map((block, index) => {
    const path = ["accounts", index];
    // Some providers have a second name; states and routes know them by the first.
    const provider = providerId(context.providers, block.provider) ?? block.provider;
    const name = block.name ?? `${block.provider}-${index + 1}`;
    if (taken.has(`${provider}/${name}`)) {
      context.findings.wrong([...path, "name"], `provider ${provider} has another account named "${name}"`);
    }
    taken.add(`${provider}/${name}`);
    return { account: buildAccount({ ...block, provider }, name, path, context), path, proxy: block.proxy ?? null };
  });
}

function buildAccount(block: AccountBlock, name: string, path: Path, context: AccountsContext): AccountConfig {
  const { findings } = context;
  const provider = Object.hasOwn(context.providers, block.provider) ? context.providers[block.provider] : undefined;
  const origin = context.origins.get(block.provider) ?? null;
  if (!context.known.has(block.provider)) {
    const hint = suggestion(block.provider, context.known);
    findings.wrong([...path, "provider"], `there is no provider "${block.provider}"${hint}`);
  } else if (provider === undefined) {
    findings.warn(path, `accepted, not active in this version: provider ${block.provider}`);
  }
  const enabled = block.enabled ?? true;
  const source = sourceOf({ ...block, name, enabled }, provider, path, context);
  const allowed =
    enabled &&
    provider !== undefined &&
    mayUse(
      source,
      { id: `${block.provider}/${name}`, provider, origin, path, accepted: block.accept_terms === true },
      findings,
    );
  return {
    provider: block.provider,
    name,
    source,
    priority: block.priority ?? defaultPriority,
    weight: block.weight ?? 1,
    enabled: provider === undefined ? enabled : allowed,
    limits: block.limits === undefined ? null : buildLimits(block.limits, origin, [...path, "limits"], findings),
    prefix: prefixOf(block.prefix, [...path, "prefix"], findings),
    models: (block.models ?? []).map((model) => ({
      name: model.name,
      ...(model.alias === undefined ? {} : { alias: model.alias }),
    })),
    excludedModels: block.excluded_models ?? [],
    from: "config",
  };
}

type NamedBlock = AccountBlock & { readonly name: string; readonly enabled: boolean };

function sourceOf(
  block: NamedBlock,
  provider: ProviderConfig | undefined,
  path: Path,
  { sources, findings }: AccountsContext,
): CredentialSource {
  const said = (["api_key", "login", "import"] as const).filter((key) => block[key] !== undefined);
  if (said.length > 1) {
    findings.wrong(path, `account "${block.name}" has ${said.join(" and ")}; a credential comes from one place`);
  }
  if (block.token_file !== undefined && block.import === undefined && provider?.authType !== "import") {
    findings.wrong([...path, "token_file"], "needs import: the name of the program whose file it is");
  }
  if (block.api_key !== undefined) {
    // A disabled account needs no variable set: that is what switching it off is for.
    if (!block.enabled) return { kind: "none" };
    const read = readSecret(block.api_key, sources);
    if (read.ok) return { kind: "key", key: read.secret };
    findings.wrong([...path, "api_key"], read.message);
    return { kind: "none" };
  }
  const tokenFile = block.token_file === undefined ? null : filePath(block.token_file, sources);
  if (block.login !== undefined) return { kind: "login" };
  if (block.import !== undefined) {
    const problem = provider === undefined ? null : clientProblem(block.import, provider);
    if (problem !== null) findings.wrong([...path, "import"], problem);
    return { kind: "client", client: block.import, path: tokenFile };
  }
  switch (provider?.authType) {
    case undefined:
    case "none":
      return { kind: "none" };
    case "oauth_device_flow":
    case "oauth_pkce":
      return { kind: "login" };
    case "import": {
      const client = clientFor(provider);
      if (client !== null) return { kind: "client", client, path: tokenFile };
      findings.wrong(path, `account "${block.name}" needs import: the name of the program whose login it uses`);
      return { kind: "none" };
    }
    case "api_key":
      if (block.enabled) {
        findings.wrong(path, `account "${block.name}" has no api_key: add "\${NAME_OF_A_VARIABLE}" or {file: path}`);
      }
      return { kind: "none" };
  }
}

interface LoginUse {
  /** `provider/name`. */
  readonly id: string;
  readonly provider: ProviderConfig;
  readonly origin: string | null;
  readonly path: Path;
  readonly accepted: boolean;
  /** What the file calls the key that accepts. */
  readonly word?: string;
}

/** May this credential be used? Says why not, once for each account. */
export function mayUse(source: CredentialSource, use: LoginUse, findings: Findings): boolean {
  if (source.kind === "none") return true;
  // What is pasted as a key for Cursor is the token of a login.
  const isLogin = source.kind !== "key" || use.provider.type === "cursor";
  if (!isLogin) return true;
  const strange =
    source.kind === "key"
      ? null
      : homeProblem(use.provider, use.origin, source.kind === "client" ? source.client : null);
  if (strange !== null) {
    findings.warn(use.path, `account ${use.id} is not used: ${strange}`);
    return false;
  }
  if (use.accepted) return true;
  const whose = source.kind === "client" ? `the login of ${source.client}` : "a login";
  findings.warn(
    use.path,
    `account ${use.id} is not used: it reroutes to ${whose}, which the provider's terms may forbid; read them, then add ${use.word ?? "accept_terms"}: true`,
  );
  return false;
}

/** The words before a slash that already mean something else. */
function prefixOf(prefix: string | undefined, path: Path, findings: Findings): string | null {
  if (prefix === "combo") findings.wrong(path, '"combo" is the prefix of combos; choose another one');
  return prefix ?? null;
}
