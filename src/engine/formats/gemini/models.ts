/**
 * What a model behind Google's generateContent takes, told from its name. Antigravity serves Claude and open models
 * through the same wire; a name that is not Gemini's gets what every backend understands.
 */
import type { ThinkingLevel } from "../../hub/request.ts";

export type ThinkingKind =
  | { readonly kind: "none" }
  /** `thinkingBudget`; `canBeOff`: 0 is taken. */
  | { readonly kind: "budget"; readonly min: number; readonly max: number; readonly canBeOff: boolean }
  /** `thinkingLevel`; the lowest is the least there is. */
  | { readonly kind: "level"; readonly levels: readonly ThinkingLevel[] };

export interface GeminiModel {
  readonly family: "gemini" | "gemma" | "claude" | "other";
  /** 2.5, 3.1; 0 where the family counts otherwise. */
  readonly version: number;
  readonly thinking: ThinkingKind;
  /** The most tokens it writes in one reply; null where the name does not tell. More than this is a 400. */
  readonly maxTokens: number | null;
  /** Refuses the first function call of a step without a thought signature. */
  readonly wantsSignatures: boolean;
  /** Knows `parametersJsonSchema` and `responseJsonSchema`. */
  readonly jsonSchema: boolean;
  /** Takes images and documents inside a function response. */
  readonly mediaInResults: boolean;
  /** Functions beside Google's own tools, and beside a wished-for answer in JSON, in one request. */
  readonly combinesTools: boolean;
  /** Fetches pictures and documents from an address. */
  readonly urls: boolean;
  /** Goes on where a last turn of the model's ends; the others answer 400 (measured by others in 2026-07). */
  readonly prefill: boolean;
  /** `presencePenalty`, `frequencyPenalty`: 2.0 has them everywhere, 2.5 on Vertex only, later ones nowhere. */
  readonly penalties: "everywhere" | "vertex" | "nowhere";
  /** Has a system instruction. */
  readonly systemInstruction: boolean;
}

/** Aliases, tuned models and what Antigravity serves besides: the basics, and nothing that a newer field would risk. */
const other: GeminiModel = {
  family: "other",
  version: 0,
  thinking: { kind: "none" },
  maxTokens: null,
  wantsSignatures: false,
  jsonSchema: false,
  mediaInResults: false,
  combinesTools: false,
  urls: true,
  prefill: false,
  penalties: "nowhere",
  systemInstruction: true,
};

/** What names without a number mean: the newest there is. */
const newest = 99;

export function geminiModel(name: string): GeminiModel {
  const bare = name.toLowerCase().replace(/^.*\//, "");
  if (bare.includes("claude")) return { ...other, family: "claude", urls: false, thinking: claudeThinking(bare) };
  if (bare.startsWith("gemma")) return { ...other, family: "gemma", urls: false, systemInstruction: false };
  if (!bare.startsWith("gemini")) return other;
  const version = Number(/^gemini-(\d+(?:\.\d+)?)/.exec(bare)?.[1] ?? newest);
  return {
    family: "gemini",
    version,
    thinking: geminiThinking(bare, version),
    maxTokens: version < 2.5 ? 8192 : bare.includes("image") ? 32_768 : 65_536,
    wantsSignatures: version >= 3,
    jsonSchema: version >= 2.5,
    mediaInResults: version >= 3,
    combinesTools: version >= 3,
    urls: version >= 2.5,
    prefill: version < 3.5 || (version === 3.5 && !bare.includes("lite")) || bare === "gemini-pro-latest",
    penalties: version < 2.5 ? "everywhere" : version < 3 ? "vertex" : "nowhere",
    systemInstruction: true,
  };
}

/** The API's own ranges (late 2026). Models that draw or speak have none. */
function geminiThinking(name: string, version: number): ThinkingKind {
  if (/image|tts|audio|live|embedding|robotics|computer-use/.test(name)) return { kind: "none" };
  if (version < 2.5) return { kind: "none" };
  if (version < 3) {
    if (name.includes("lite")) return { kind: "budget", min: 512, max: 24_576, canBeOff: true };
    if (name.includes("flash")) return { kind: "budget", min: 1, max: 24_576, canBeOff: true };
    return { kind: "budget", min: 128, max: 32_768, canBeOff: false };
  }
  if (name.includes("flash")) return { kind: "level", levels: ["minimal", "low", "medium", "high"] };
  // Gemini 3 Pro knew two levels; 3.1 brought the middle one.
  return { kind: "level", levels: version < 3.1 ? ["low", "high"] : ["low", "medium", "high"] };
}

/** Antigravity's Claude models: those that say so in their name, and from 4.6 on all of them. */
function claudeThinking(name: string): ThinkingKind {
  const version = /claude-(?:opus|sonnet|haiku)-(\d{1,2})(?:[-.](\d{1,2}))?(?!\d)/.exec(name);
  const number = Number(version?.[1] ?? 0) + Number(version?.[2] ?? 0) / 10;
  if (!name.includes("thinking") && number < 4.6) return { kind: "none" };
  return { kind: "budget", min: 1024, max: 63_999, canBeOff: true };
}

/**
 * Could the one have made a signature that the other takes? One service signs for several models, and a signature of
 * Claude's means nothing to Gemini, nor one of Gemini 2.5 to Gemini 3. Where a name does not tell: yes.
 */
export function isSameMind(maker: string | undefined, model: string): boolean {
  if (maker === undefined || maker === model) return true;
  const one = geminiModel(maker);
  const two = geminiModel(model);
  if (one.family === "other" || two.family === "other") return true;
  return one.family === two.family && Math.floor(one.version) === Math.floor(two.version);
}
