/** The `settings` section: defaults filled in, and half-said wishes (a text without a mode, a mode without its tokens) found. */
import type { Findings, Overrides } from "./build.ts";
import { adaptiveBaseTokens, defaultConfig } from "./defaults.ts";
import type { ConfigFile } from "./file-schema.ts";
import { suggestion } from "./nearest.ts";
import type { Path } from "./problem.ts";
import type { Names } from "./references.ts";
import type { Settings, SystemPrompt, ThinkingBudget } from "./schema.ts";

type SettingsBlock = NonNullable<ConfigFile["settings"]>;
type PromptBlock = NonNullable<SettingsBlock["system_prompt"]>;

/** The network sections are read elsewhere: they need to know the accounts. */
export function buildSettings(
  file: ConfigFile,
  overrides: Overrides,
  names: Names,
  findings: Findings,
): Omit<Settings, "networkProxy" | "ipFilter"> {
  const block: SettingsBlock = file.settings ?? {};
  const defaults = defaultConfig.settings;
  return {
    usageBuffer: block.usage_buffer ?? defaults.usageBuffer,
    captureFlows: block.capture_flows ?? defaults.captureFlows,
    captureBytes: block.capture_bytes ?? defaults.captureBytes,
    thinkingBudget: buildThinkingBudget(block.thinking_budget ?? {}, findings),
    systemPrompt: buildSystemPrompt(block.system_prompt ?? {}, names, findings),
    bypass: block.bypass ?? defaults.bypass,
    dedupe: {
      enabled: block.dedupe?.enabled ?? defaults.dedupe.enabled,
      windowMs: block.dedupe?.window_ms ?? defaults.dedupe.windowMs,
    },
    selection: {
      strategy: block.selection?.strategy ?? defaults.selection.strategy,
      sticky: block.selection?.sticky ?? defaults.selection.sticky,
      whenLimited: block.selection?.when_limited ?? defaults.selection.whenLimited,
      maxWaitMs: block.selection?.max_wait_ms ?? defaults.selection.maxWaitMs,
    },
    // cliproxyapi++ has it at the top of the file; said in either place it holds.
    forceModelPrefix: block.force_model_prefix === true || file["force-model-prefix"] === true,
    extendModelLists: block.extend_model_lists ?? defaults.extendModelLists,
    requestLogs: overrides.requestLogs ?? block.request_logs ?? defaults.requestLogs,
  };
}

function buildThinkingBudget(block: NonNullable<SettingsBlock["thinking_budget"]>, findings: Findings): ThinkingBudget {
  const path = ["settings", "thinking_budget"];
  const { mode, tokens } = block;
  switch (mode) {
    case undefined:
      if (tokens !== undefined) findings.wrong(path, "tokens need a mode: custom or adaptive");
      return defaultConfig.settings.thinkingBudget;
    case "passthrough":
    case "auto":
      // Tokens may stay written down while they rest.
      return { mode };
    case "custom":
      if (tokens === undefined)
        findings.wrong(path, "mode custom needs tokens, such as tokens: 8192 (0 = no thinking)");
      return { mode, tokens: tokens ?? 0 };
    case "adaptive":
      if (tokens === 0) findings.wrong([...path, "tokens"], "the base of mode adaptive must be at least 1");
      return { mode, tokens: tokens ?? adaptiveBaseTokens };
  }
}

function buildSystemPrompt(block: PromptBlock, names: Names, findings: Findings): Settings["systemPrompt"] {
  const path = ["settings", "system_prompt"];
  const providers = Object.entries(block.providers ?? {}).map(([id, entry]) => {
    const at = [...path, "providers", id];
    if (!names.providers.has(id)) {
      findings.wrong(at, `there is no provider "${id}"${suggestion(id, names.providers)}`, "key");
    }
    // What an entry leaves out is as it is said for all; a text of its own asks for more than "none for all".
    const mode = entry.mode ?? (block.mode === "none" && isSaid(entry.text) ? undefined : block.mode);
    return [id, promptOf(mode, entry.text ?? block.text, at, findings) ?? {}] as const;
  });
  // With entries below, a mode or a text alone is there for them.
  const isHalf = providers.length > 0 && (block.mode === undefined || !isSaid(block.text));
  return {
    all: isHalf ? null : promptOf(block.mode, block.text, path, findings),
    providers: Object.fromEntries(providers),
  };
}

function promptOf(
  mode: PromptBlock["mode"],
  text: string | undefined,
  path: Path,
  findings: Findings,
): SystemPrompt | null {
  if (mode === undefined && isSaid(text)) findings.wrong(path, "a text needs a mode: prepend or append");
  if (mode === undefined || mode === "none") return null;
  if (isSaid(text)) return mode === "prepend" ? { prepend: text } : { append: text };
  findings.wrong(path, `mode ${mode} needs a text`);
  return null;
}

function isSaid(text: string | undefined): text is string {
  return text !== undefined && text.trim() !== "";
}
