/**
 * What only our replies put into a conversation of this dialect: the neutral word on the first call of a step that
 * another provider made. Gemini 3 gets it in its documented spelling; models that check signatures of another kind, or
 * ask for none, get nothing. Every other byte is left alone.
 */
import { geminiModel, type GeminiModel } from "./models.ts";
import { neutralSignature } from "./wire.ts";

/** Our spelling, as it is written by clients that escape slashes as well. */
const ours = {
  mayHold: ["skip/thought/signature/validator", "skip\\/thought\\/signature\\/validator"],
  slash: "\\\\?/",
};
/** Clients whose field holds bytes write it in the documented spelling, which is also Gemini CLI's own. */
const anyones = { mayHold: [...ours.mayHold, neutralSignature], slash: "(?:\\\\?/|_)" };

/** `model`: the one that is asked; without it the word stays. */
export function withoutOwnMarks(body: Uint8Array, model?: string): Uint8Array | null {
  const asked = model === undefined ? null : geminiModel(model);
  const { mayHold, slash } = asked?.family === "claude" ? anyones : ours;
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (!mayHold.some((word) => bytes.includes(word))) return null;
  // One character for each byte, and quotes inside of texts are escaped: only whole fields match.
  const text = bytes.toString("latin1");
  const field = `"thought(?:S|_s)ignature"\\s*:\\s*"${["skip", "thought", "signature", "validator"].join(slash)}"`;
  const changed = takesNone(asked)
    ? text.replace(new RegExp(`,\\s*${field}|${field}\\s*,?`, "g"), "")
    : text.replace(new RegExp(field, "g"), `"thoughtSignature":"${neutralSignature}"`);
  return changed === text ? null : Buffer.from(changed, "latin1");
}

/** A name that does not tell may be an alias of a model that wants it. */
function takesNone(model: GeminiModel | null): boolean {
  return model !== null && model.family !== "other" && !model.wantsSignatures;
}
