/** The engine's verbs, for the control socket, the gateway and whoever else asks. */
import type { EngineVerbs } from "../../base/controls-engine.ts";
import { accountVerbs } from "./accounts.ts";
import type { VerbDeps } from "./deps.ts";
import { loginVerbs } from "./logins.ts";
import { modelVerbs } from "./models.ts";
import { providerVerbs } from "./providers.ts";
import { routeVerbs } from "./routes.ts";
import { settingVerbs } from "./settings.ts";
import { usageVerbs } from "./usage.ts";

export function createVerbs(deps: VerbDeps): EngineVerbs {
  return {
    ...accountVerbs(deps),
    ...loginVerbs(deps),
    ...providerVerbs(deps),
    ...modelVerbs(deps),
    ...routeVerbs(deps),
    ...usageVerbs(deps),
    ...settingVerbs(deps),
  };
}
