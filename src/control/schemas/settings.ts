/** Sections of `settings` in config.yaml that scripts may read and change; tied to the file's own schema, too. */
import * as v from "valibot";
import {
  type IpFilterJson,
  type NetworkProxyJson,
  proxyLevels,
  type ProxyTestJson,
  type SettingsJson,
  type SystemPromptJson,
  type ThinkingBudgetJson,
} from "../../base/controls-engine.ts";
import type { ConfigFile } from "../../engine/config/file-schema.ts";
import { shapeOf } from "./shape.ts";
import { filledText, flag, listOf, mapOf, ms, oneOf, text, wholeNumber } from "./words.ts";

/** What the file takes. */
type Written<Name extends keyof NonNullable<ConfigFile["settings"]>> = NonNullable<
  NonNullable<ConfigFile["settings"]>[Name]
>;

const aProxy = "`http://host:port`, `https://…`, `socks5://…`, or `direct`";
const levels = {
  providers: mapOf(v.string(), "By provider."),
  combos: mapOf(v.string(), "By combo."),
  keys: mapOf(v.string(), "By account, `provider/name`."),
};

export const networkProxy = shapeOf<NetworkProxyJson>()(
  "Outbound proxies; the most exact one wins. Users and passwords are shown as •••.",
  v.strictObject({ global: v.nullable(text(`For everything: ${aProxy}.`)), ...levels }),
);

export const networkProxyWritten = shapeOf<Written<"network_proxy">>()(
  `Outbound proxies: ${aProxy}. What is left out is taken out.`,
  v.strictObject({
    global: v.exactOptional(v.nullable(text("For everything."))),
    providers: v.exactOptional(levels.providers),
    combos: v.exactOptional(levels.combos),
    keys: v.exactOptional(levels.keys),
  }),
);

export const proxyLevel = oneOf(proxyLevels, "Which level of the section is meant; all but `global` need `id`.");
export const proxyId = filledText("The provider, the combo, or the account (`provider/name`).");

export const networkProxyChange = v.pipe(
  v.strictObject({
    ...networkProxyWritten.entries,
    proxy: v.exactOptional(filledText(`With \`?level=\`, and alone: the one proxy of that place, ${aProxy}.`)),
  }),
  v.description("The whole section; or one proxy of it, with `?level=`."),
);

export const ipFilter = shapeOf<IpFilterJson>()(
  "Which addresses may come in.",
  v.strictObject({
    mode: oneOf(["off", "allow", "deny", "whitelist", "blacklist"], "`whitelist` is `allow`, `blacklist` is `deny`."),
    list: listOf(v.string(), "Addresses and ranges, as `10.0.0.0/8`."),
  }),
);

export const ipFilterWritten = shapeOf<Written<"ip_filter">>()(
  "Which addresses may come in.",
  v.strictObject({ mode: v.exactOptional(ipFilter.entries.mode), list: v.exactOptional(ipFilter.entries.list) }),
);

export const thinkingBudget = shapeOf<ThinkingBudgetJson & Written<"thinking_budget">>()(
  "What becomes of a routed call's wish to think.",
  v.strictObject({
    mode: v.exactOptional(
      oneOf(
        ["passthrough", "auto", "custom", "adaptive"],
        "`auto`: the model's own default. `custom`: `tokens`, whatever was asked. `adaptive`: `tokens` grow with the call.",
      ),
    ),
    tokens: v.exactOptional(wholeNumber(0, 1_000_000, "For `custom` and `adaptive`, in tokens; 0: no thinking.")),
  }),
);

const promptFields = {
  mode: v.exactOptional(oneOf(["prepend", "append", "none"], "Where the text goes.")),
  text: v.exactOptional(text("What is added.")),
};

export const systemPrompt = shapeOf<SystemPromptJson & Written<"system_prompt">>()(
  "Text laid around whatever the client's system prompt says.",
  v.strictObject({
    ...promptFields,
    providers: v.exactOptional(mapOf(v.strictObject(promptFields), "In its place, by provider.")),
  }),
);

export const settings = v.pipe(
  v.strictObject({
    settings: shapeOf<SettingsJson>()(
      "By their names in config.yaml; a path may use these, too.",
      v.strictObject({
        network_proxy: networkProxy,
        ip_filter: ipFilter,
        thinking_budget: thinkingBudget,
        system_prompt: systemPrompt,
      }),
    ),
  }),
  v.description("All settings that scripts may change."),
);

export const proxyTestQuestion = v.pipe(
  v.strictObject({
    proxy: v.exactOptional(v.nullable(filledText(`${aProxy}; null or absent: the one in force for everything.`))),
  }),
  v.description("A proxy to be tried out."),
);

export const proxyTest = shapeOf<ProxyTestJson>()(
  "What came of a proxy that was tried out.",
  v.strictObject({
    ok: flag("A public host answered through it."),
    proxy: v.nullable(text("Which one, without its user and password; null: none.")),
    latencyMs: v.nullable(ms("How long that took.")),
    publicIp: v.nullable(text("As the far side saw us; null where nobody was asked.")),
    error: v.nullable(text("Why not.")),
  }),
);
