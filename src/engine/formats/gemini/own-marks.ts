/**
 * What only our replies put into a conversation of this dialect: the neutral word on the first call of a step that
 * another provider made. Gemini 3 gets it in its documented spelling; models that check signatures of another kind, or
 * ask for none, get nothing. Every other byte is left alone.
 */
import { geminiModel, type GeminiModel } from "./models.ts";
import { neutralSignature, shownNeutralSignature } from "./wire.ts";

interface Spelling {
  readonly mayHold: readonly string[];
  /** What stands between the words, as a pattern. */
  readonly joint: string;
}

/** Some clients escape slashes. */
const ours: Spelling = {
  mayHold: [shownNeutralSignature, shownNeutralSignature.replaceAll("/", "\\/")],
  joint: "\\\\?/",
};
/** Clients whose field holds bytes may write it in the documented spelling, which is also Gemini CLI's own. */
const anyones: Spelling = { mayHold: [...ours.mayHold, neutralSignature], joint: `(?:${ours.joint}|_)` };

/** `model`: the one that is asked; without it the word stays. */
export function withoutOwnMarks(body: Uint8Array, model?: string): Uint8Array | null {
  const asked = model === undefined ? null : geminiModel(model);
  const { mayHold, joint } = asked?.family === "claude" ? anyones : ours;
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (!mayHold.some((word) => bytes.includes(word))) return null;
  // One character for each byte, and quotes inside of texts are escaped: only whole fields match.
  const text = bytes.toString("latin1");
  const name = '"thought(?:S|_s)ignature"\\s*:\\s*';
  const word = `"${neutralSignature.replaceAll("_", joint)}"`;
  const changed = takesNone(asked)
    ? text.replace(new RegExp(`,\\s*${name}${word}|${name}${word}\\s*,?`, "g"), "")
    : text.replace(new RegExp(`(${name})${word}`, "g"), `$1"${neutralSignature}"`);
  return changed === text ? null : Buffer.from(changed, "latin1");
}

/** A name that does not tell may be an alias of a model that wants it. */
function takesNone(model: GeminiModel | null): boolean {
  return model !== null && model.family !== "other" && !model.wantsSignatures;
}
