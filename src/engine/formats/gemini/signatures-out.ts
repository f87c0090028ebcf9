/** Which signature stands on a part that goes out: its maker's own or none, and the documented neutral word where one is due. */
import type { Losses } from "../../hub/losses.ts";
import type { Provenance } from "../../hub/message.ts";
import { isMadeBy } from "../../hub/provenance.ts";
import type { Target } from "./backend.ts";
import { isSameMind } from "./models.ts";
import { isSignature, neutralSignature, type WirePart } from "./wire.ts";

export interface Signed {
  readonly signature?: string;
  readonly from?: Provenance;
}

/** Did this backend's model make it? One service signs for several models, and what one thought is not another's. */
export function isOwn(from: Provenance | undefined, target: Target): boolean {
  return isMadeBy(from, target) && isSameMind(from?.model, target.modelName);
}

export function ownSignature({ signature, from }: Signed, target: Target): string | undefined {
  return isSignature(signature) && isOwn(from, target) ? signature : undefined;
}

export function writeSignature(part: Signed, target: Target, losses: Losses): { readonly thoughtSignature?: string } {
  const thoughtSignature = ownSignature(part, target);
  if (thoughtSignature !== undefined) return { thoughtSignature };
  if (isSignature(part.signature))
    losses.add("thinking-signature", "a signature of another provider or model was left out");
  return {};
}

/**
 * Gemini 3 refuses a step whose first function call has no signature. Where its own cannot be had, the neutral word says
 * so; models that check signatures of another kind never see it.
 */
export function withNeutralSignature(parts: readonly WirePart[], target: Target, losses: Losses): readonly WirePart[] {
  if (!target.model.wantsSignatures) return parts;
  const first = parts.findIndex((part) => part["functionCall"] !== undefined);
  const call = parts[first];
  if (call === undefined || call.thoughtSignature !== undefined) return parts;
  losses.add("thinking-signature", "a function call without its signature goes with Google's neutral one");
  return parts.map((part, index) => (index === first ? { ...part, thoughtSignature: neutralSignature } : part));
}
