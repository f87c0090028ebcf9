/**
 * "The conversation does not fit": each provider says it in its own words, and clients start their compaction only on
 * theirs. This finds the two figures in any wording; the writers put them into the wording their clients know.
 */
export interface OverflowFigures {
  readonly tokens: number;
  readonly maximum: number;
}

const count = String.raw`([\d][\d,_]*)`;

const wordings: readonly { readonly pattern: RegExp; readonly order: "tokens-first" | "maximum-first" }[] = [
  // Anthropic: "prompt is too long: 208310 tokens > 200000 maximum"
  { pattern: new RegExp(`${count} tokens? > ${count}`, "i"), order: "tokens-first" },
  // Anthropic: "input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000"
  { pattern: new RegExp(`context limit: ${count} \\+ \\d+ > ${count}`, "i"), order: "tokens-first" },
  // OpenAI and vLLM: "maximum context length is 8192 tokens. However, your messages resulted in 10000 tokens"
  {
    pattern: new RegExp(`maximum context length (?:is|of)\\s+${count}[^\\d]{1,80}?${count} (?:input )?tokens`, "i"),
    order: "maximum-first",
  },
  // Google: "The input token count (1300000) exceeds the maximum number of tokens allowed (1048576)"
  { pattern: new RegExp(`token count \\(?${count}\\)? exceeds[^\\d]{1,80}${count}`, "i"), order: "tokens-first" },
  // llama.cpp: "the request exceeds the available context size (n_prompt_tokens = 9000, n_ctx = 8192)"
  { pattern: new RegExp(`n_prompt_tokens\\D{1,5}${count}.*n_ctx\\D{1,5}${count}`, "i"), order: "tokens-first" },
  { pattern: new RegExp(`request \\(${count} tokens\\) exceeds.*\\(${count} tokens\\)`, "i"), order: "tokens-first" },
];

export function overflowFigures(message: string): OverflowFigures | null {
  for (const { pattern, order } of wordings) {
    const match = pattern.exec(message);
    if (match === null) continue;
    const first = Number(match[1]?.replaceAll(/[,_]/g, ""));
    const second = Number(match[2]?.replaceAll(/[,_]/g, ""));
    if (!Number.isFinite(first) || !Number.isFinite(second)) continue;
    return order === "tokens-first" ? { tokens: first, maximum: second } : { tokens: second, maximum: first };
  }
  return null;
}
