/**
 * How a Kiro request says how much to think: `additionalModelRequestFields`, in the words of the model's own maker
 * (Claude: `thinking` and `output_config`; GPT: `reasoning`). Facts of late 2026, attested by three clients.
 */
import type { Thinking } from "../../hub/request.ts";
import { isThinkingLevel, levelOf, nearestLower } from "../../hub/thinking-levels.ts";
import { numberField, optional, otherFields, recordField, textField, type Fields } from "../fields.ts";

export function readThinking(fields: unknown): Thinking | undefined {
  const thinking = recordField(fields, "thinking");
  const said = textField(recordField(fields, "output_config"), "effort") ?? gptEffort(fields);
  if (said === "none") return { mode: "off" };
  const level = isThinkingLevel(said) ? said : undefined;
  const display = textField(thinking, "display");
  const show = display === undefined ? {} : { show: display !== "omitted" };
  switch (thinking?.["type"]) {
    case "disabled":
      return { mode: "off" };
    case "enabled":
      return { mode: "budget", tokens: numberField(thinking, "budget_tokens") ?? 1024, ...show };
    case undefined:
      if (level === undefined) return undefined;
      return gptEffort(fields) === undefined ? { mode: "level", level, effortOnly: true } : { mode: "level", level };
    default:
      return { mode: "dynamic", ...optional("level", level), ...show };
  }
}

function gptEffort(fields: unknown): string | undefined {
  return textField(recordField(fields, "reasoning"), "effort");
}

/** What of the fields the hub has no word for; undefined when that is all. */
export function otherModelFields(fields: Fields | undefined): Fields | undefined {
  if (fields === undefined) return undefined;
  const rest = otherFields(fields, new Set(["thinking", "output_config", "reasoning", "max_tokens"]));
  const config = otherFields(recordField(fields, "output_config") ?? {}, new Set(["effort"]));
  const reasoning = otherFields(recordField(fields, "reasoning") ?? {}, new Set(["effort"]));
  const all = { ...rest, ...optional("output_config", config), ...optional("reasoning", reasoning) };
  return Object.keys(all).length === 0 ? undefined : all;
}

/** The fields with this wish instead of the one they hold (null: none at all), in the words of that model's maker. */
export function withThinking(fields: Fields, wish: Thinking | null, model: string): Fields {
  const { thinking: asked, output_config: config, reasoning, ...rest } = fields;
  const plain = {
    ...rest,
    ...optional("output_config", otherFields(recordField(fields, "output_config") ?? {}, new Set(["effort"]))),
    ...optional("reasoning", otherFields(recordField(fields, "reasoning") ?? {}, new Set(["effort"]))),
  };
  if (wish === null) return asked === undefined && config === undefined && reasoning === undefined ? fields : plain;
  return isGpt(model) ? asGpt(plain, wish) : asClaude(plain, wish, textField(asked, "display"));
}

function asClaude(fields: Fields, wish: Thinking, display: string | undefined): Fields {
  if (wish.mode === "off") return { ...fields, thinking: { type: "disabled" } };
  const level = effortOf(wish);
  const shown = wish.show === undefined ? display : wish.show ? "summarized" : "omitted";
  return {
    ...fields,
    thinking: { type: "adaptive", ...optional("display", shown) },
    ...(level === null ? {} : { output_config: { ...recordField(fields, "output_config"), effort: level } }),
  };
}

function asGpt(fields: Fields, wish: Thinking): Fields {
  const effort = wish.mode === "off" ? "none" : effortOf(wish);
  return effort === null ? fields : { ...fields, reasoning: { ...recordField(fields, "reasoning"), effort } };
}

function effortOf(wish: Exclude<Thinking, { mode: "off" }>): string | null {
  const level = wish.mode === "budget" ? levelOf(wish.tokens) : (wish.level ?? null);
  return level === null ? null : nearestLower(level, ["low", "medium", "high", "xhigh", "max"]);
}

function isGpt(model: string): boolean {
  return /^gpt-|^o\d/i.test(model);
}
