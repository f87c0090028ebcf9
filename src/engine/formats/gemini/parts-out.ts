/**
 * Parts of a reply for a client, as JSON text: what a call's arguments say is passed on as it was written. Signatures go
 * to the client only if Google made them, because the client will hand them back to Google. On the first call of a step
 * that somebody else made goes the neutral word: without any, Gemini 3 would refuse to go on with the conversation.
 */
import { unreachable } from "../../../base/unreachable.ts";
import { wrapCustomInput } from "../../hub/custom-tools.ts";
import type { Losses } from "../../hub/losses.ts";
import type { AssistantPart, ImagePart, OpaquePart, Provenance } from "../../hub/message.ts";
import { isMadeBy } from "../../hub/provenance.ts";
import type { HubRequest } from "../../hub/request.ts";
import { parsedArgs, shownNeutralSignature } from "./wire.ts";

/** The client said that it wants no thoughts shown. Their signatures go to it all the same. */
export function hidesThoughts({ thinking }: HubRequest): boolean {
  return thinking !== undefined && thinking.mode !== "off" && thinking.show === false;
}

export interface SignedPiece {
  readonly signature?: string;
  readonly from?: Provenance;
}

export interface CallPiece extends SignedPiece {
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
  readonly kind: "function" | "custom";
}

export interface Step {
  /** Whose something in it is: Google signs its own steps where it wants to. */
  note(from: Provenance | undefined): void;
  /** To be asked once for each call that is told: it is the first one, and the step is not Google's. */
  wantsNeutral(): boolean;
}

export function createStep(): Step {
  let isOpen = true;
  return {
    note(from) {
      if (isMadeBy(from, google)) isOpen = false;
    },
    wantsNeutral() {
      const isFirst = isOpen;
      isOpen = false;
      return isFirst;
    },
  };
}

const google = { format: "gemini" } as const;
const neutralField = `,"thoughtSignature":"${shownNeutralSignature}"`;

/** `,"thoughtSignature":"…"`, or nothing. */
export function signatureField({ signature, from }: SignedPiece, losses: Losses): string {
  if (signature === undefined || signature === "") return "";
  if (isMadeBy(from, google)) return `,"thoughtSignature":${JSON.stringify(signature)}`;
  losses.add("thinking-signature", "another provider's signature has no field in Google's dialect");
  return "";
}

/** Null where the arguments are no JSON object: such a call cannot be told. */
export function callPart(call: CallPiece, step: Step, losses: Losses): string | null {
  const text = call.kind === "custom" ? wrapCustomInput(call.arguments) : call.arguments.trim();
  const { args, isValid } = parsedArgs(text);
  if (!isValid) return null;
  const written = text === "" ? "{}" : text;
  // A line break would end the event's line.
  const json = /[\r\n]/.test(written) ? JSON.stringify(args) : written;
  const head = JSON.stringify({ id: call.id, name: call.name }).slice(0, -1);
  step.note(call.from);
  const signature = signatureField(call, losses) || (step.wantsNeutral() ? neutralField : "");
  return `{"functionCall":${head},"args":${json}}${signature}}`;
}

export function imagePart({ source, ...signed }: ImagePart, losses: Losses): string {
  const payload =
    source.kind === "url"
      ? `"fileData":${JSON.stringify({ fileUri: source.url })}`
      : `"inlineData":${JSON.stringify({ mimeType: source.mediaType, data: source.data })}`;
  return `{${payload}${signatureField(signed, losses)}}`;
}

/** Google's own part as it was; of anybody else's what it has to say; null when that is nothing. */
export function opaquePart(part: OpaquePart, losses: Losses): string | null {
  if (part.from === "gemini" && typeof part.raw === "object" && part.raw !== null) return JSON.stringify(part.raw);
  losses.add("server-block", `a ${part.name} block of the upstream has no form here`);
  return part.text === undefined || part.text === "" ? null : JSON.stringify({ text: part.text });
}

/** A part of a whole reply; null where it has no form here. Calls without usable arguments are the caller's to name. */
export function wholePart(part: AssistantPart, hides: boolean, step: Step, losses: Losses): string | null {
  switch (part.type) {
    case "text":
    case "thinking": {
      step.note(part.from);
      const signature = signatureField(part, losses);
      const thought = part.type === "thinking" ? ',"thought":true' : "";
      const text = part.type === "thinking" && hides ? "" : part.text;
      return text === "" && signature === "" ? null : `{"text":${JSON.stringify(text)}${thought}${signature}}`;
    }
    case "refusal":
      return part.text === "" ? null : JSON.stringify({ text: part.text });
    case "redacted-thinking":
      losses.add("thinking", "encrypted thinking has no form here");
      return null;
    case "tool-call":
      return callPart(part, step, losses);
    case "image":
      step.note(part.from);
      return imagePart(part, losses);
    case "opaque":
      step.note({ format: part.from });
      return opaquePart(part, losses);
    default:
      return unreachable(part);
  }
}
