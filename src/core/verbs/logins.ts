/** Logins under way: begun, looked at, answered, called off. */
import { type EngineVerbs, type LoginJson, VerbRefusal } from "../../base/controls-engine.ts";
import type { LoginResult } from "../../engine/accounts/oauth/login.ts";
import { requireProvider, type VerbDeps } from "./deps.ts";

type LoginVerbs = Pick<EngineVerbs, "startLogin" | "login" | "finishLogin" | "cancelLogin">;

export function loginVerbs(deps: VerbDeps): LoginVerbs {
  const { logins } = deps;
  return {
    async startLogin(wish) {
      const { id } = requireProvider(deps.config(), wish.provider);
      return shown(await logins.start({ ...wish, provider: id }));
    },
    login: (id) => Promise.resolve(logins.get(id)).then(shown),
    finishLogin: async (id, pasted) => shown(await logins.paste(id, pasted)),
    cancelLogin: (id) => Promise.resolve(logins.cancel(id)).then((result) => void shown(result)),
  };
}

function shown(result: LoginResult): LoginJson {
  if (result.ok) return result.login;
  throw new VerbRefusal(result.code, result.message);
}
