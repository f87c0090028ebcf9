/** Which accounts may serve a call at all, whatever their state, and in words why there are none. */
import type { Config } from "../config/schema.ts";
import type { EngineError } from "../errors/engine-error.ts";
import { missingAbilities } from "./capability.ts";
import type { Ask } from "./pool.ts";
import type { Member, ProviderMembers } from "./roster.ts";

export type Eligible =
  | { readonly ok: true; readonly members: readonly Member[] }
  | { readonly ok: false; readonly error: EngineError };

export function eligible(group: ProviderMembers | null, ask: Ask, config: Config): Eligible {
  const { provider: id, model, prefix, needs, authorized } = ask;
  if (group === null) return none("no-account", `there is no provider ${id}, or it is disabled; see config.yaml`);
  if (group.members.length === 0) {
    return none("no-account", `provider ${id} has no usable account: add one to accounts in config.yaml, or enable it`);
  }
  const isOpen = ({ account }: Member): boolean => authorized || account.source.kind === "none";
  if (!group.members.some(isOpen)) return { ok: false, error: proxyAuth };
  const missing = missingAbilities(group.provider, model, needs);
  if (missing.length > 0)
    return none("unsupported", `no accounts support required capabilities: ${missing.join(", ")}`);
  const { forceModelPrefix } = config.settings;
  const serving = group.serving(model);
  if (serving.length === 0) return notServed(id, model);
  const named = serving.filter(({ account }) =>
    prefix === null ? !forceModelPrefix || account.prefix === null : account.prefix === prefix,
  );
  if (named.length === 0) return otherNames(id, prefix);
  const open = named.filter(isOpen);
  if (open.length === 0) return { ok: false, error: proxyAuth };
  const tokens = needs.inputTokens + needs.outputTokens;
  const members = open.filter(({ account, provider }) => {
    const most = (account.limits ?? provider.limits)?.maxTokensPerRequest;
    return most === undefined || tokens <= most;
  });
  return members.length === 0 ? tooLarge(id, tokens) : { ok: true, members };
}

function none(kind: EngineError["kind"], message: string): Eligible {
  return { ok: false, error: { kind, message } };
}

function notServed(id: string, model: string): Eligible {
  const message = `no accounts of ${id} support model ${model}: see models and excluded_models in config.yaml`;
  return none("model-not-found", message);
}

function otherNames(id: string, prefix: string | null): Eligible {
  return prefix === null
    ? none("no-account", `accounts of ${id} that serve this model are asked for by their prefix (force_model_prefix)`)
    : none("no-account", `no account of ${id} that serves this model has the prefix ${prefix}`);
}

function tooLarge(id: string, tokens: number): Eligible {
  const message = `this call needs about ${tokens} tokens, more than max_tokens_per_request of every account of ${id}; shorten it, or raise the limit`;
  return none("too-large", message);
}

const proxyAuth: EngineError = {
  kind: "proxy-auth",
  status: 407,
  message:
    "this call would use a credential stored in Switchyard, and the client did not show the proxy token: " +
    'start it with `switchyard run -- COMMAND`, or run `eval "$(switchyard env)"` in its shell first',
};
