/** A configuration made ready for calls: rules and providers are built once per configuration object, not once per call. */
import type { Config } from "../config/schema.ts";
import { providerFrom } from "../providers/compatible.ts";
import type { Provider } from "../providers/provider.ts";
import { compileRules, type Rule } from "../routing/rules.ts";

export interface View {
  readonly config: Config;
  readonly rules: readonly Rule[];
  readonly providers: ReadonlyMap<string, Provider>;
}

/** The view of the configuration in force; a reload swaps the object and with it the view. */
export function createViews(config: () => Config): () => View {
  let view: View | null = null;
  return () => {
    const current = config();
    if (view === null || view.config !== current) view = makeView(current);
    return view;
  };
}

function makeView(config: Config): View {
  return {
    config,
    rules: compileRules(config.routes),
    providers: new Map(Object.entries(config.providers).map(([id, entry]) => [id, providerFrom(id, entry)] as const)),
  };
}
