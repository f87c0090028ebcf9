/**
 * What the `type` of a provider says: a dialect, or a row of the registry to start from. Besides those two, names that
 * other gateways give to providers of one's own: `openai-compatible-NAME`, `anthropic-compatible-NAME`, `custom`.
 */
import { builtInProviders, secondNames } from "../providers/table.ts";
import { suggestion } from "./nearest.ts";
import { providerTypes, type ProviderType } from "./schema.ts";

export type TypeResult =
  | {
      readonly ok: true;
      readonly type: ProviderType;
      /** The row it starts from; null: none. */
      readonly origin: string | null;
      /** How the word was read, where that is not plain. */
      readonly note: string | null;
    }
  | { readonly ok: false; readonly message: string };

export function readType(id: string, written: string | undefined, hasEndpoint: boolean): TypeResult {
  const word = written ?? id;
  const wanted = Object.hasOwn(secondNames, word) ? (secondNames[word] ?? word) : word;
  if (Object.hasOwn(builtInProviders, wanted)) {
    const type = builtInProviders[wanted]?.type;
    if (type !== undefined) return { ok: true, type, origin: wanted, note: null };
  }
  const type = providerTypes.find((each) => each === written) ?? dynamicType(wanted);
  if (type !== null) return { ok: true, type, origin: null, note: null };
  if (written === "custom") return { ok: true, type: "openai-compatible", origin: null, note: null };
  if (written === undefined) {
    return { ok: false, message: `provider "${id}" needs a type, such as openai-compatible` };
  }
  if (written === id && hasEndpoint) {
    const note = `"${written}" is no type of its own here: taken as openai-compatible`;
    return { ok: true, type: "openai-compatible", origin: null, note };
  }
  const known = [...providerTypes, ...Object.keys(builtInProviders)];
  return { ok: false, message: `unknown type "${written}"${suggestion(written, known)}` };
}

/** In 9router and OmniRoute the name itself says the dialect; one with "responses" in it is OpenAI's newer API. */
function dynamicType(word: string): ProviderType | null {
  if (word.startsWith("anthropic-compatible-")) return "anthropic-compatible";
  if (word.startsWith("gemini-compatible-")) return "gemini-compatible";
  if (word.startsWith("openai-responses-compatible-")) return "openai-responses-compatible";
  if (!word.startsWith("openai-compatible-")) return null;
  return word.includes("responses") ? "openai-responses-compatible" : "openai-compatible";
}
