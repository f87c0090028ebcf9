/**
 * What the model is told besides the conversation. Cursor's own system prompt is its backend's; this one is ours: who it
 * works for, where, and what the client's rules say.
 */
import type { ImagePart, TextPart, UserPart } from "../../../hub/message.ts";
import type { Losses } from "../../../hub/losses.ts";
import type { Message } from "../wire/schema.ts";
import type { Blobs } from "./blobs.ts";
import { bytes, list, sub, text, textList } from "./fields.ts";
import { pictureType } from "./tool-text.ts";

const role =
  "You are a coding agent inside the user's editor. Use the tools you are given to look at the workspace and to change it; " +
  "give absolute paths. Say briefly what you did. Do not claim to have run or changed what no tool has.";

const modes: Readonly<Record<string, string>> = {
  AGENT_MODE_ASK: "The user only asks: explain, and change nothing.",
  AGENT_MODE_PLAN: "The user wants a plan before anything is done: look, then write the plan, and change nothing.",
  AGENT_MODE_DEBUG: "The user looks for a fault: find its cause before you mend it.",
};

export interface PromptInput {
  readonly customPrompt: string;
  readonly mode: string;
  readonly context: Message | undefined;
  /** The client's own system messages already say who the model is. */
  readonly hasRole: boolean;
}

export function systemPrompt({ customPrompt, mode, context, hasRole }: PromptInput): string {
  const env = sub(context, "env");
  const facts = [
    ["Operating system", text(env, "osVersion")],
    ["Shell", text(env, "shell")],
    ["Workspace", textList(env, "workspacePaths").join(", ")],
    ["Time zone", text(env, "timeZone")],
    ...list(context, "gitRepos").map(
      (repo) => ["Git repository", `${text(repo, "path")}, branch ${text(repo, "branchName")}`] as const,
    ),
  ].flatMap(([name, value]) => (value === undefined || value === "" ? [] : [`${name}: ${value}`]));
  const rules = list(context, "rules").flatMap((rule) => {
    const content = text(rule, "content");
    return content === "" ? [] : [`<rule path=${JSON.stringify(text(rule, "fullPath"))}>\n${content}\n</rule>`];
  });
  const cloud = text(context, "cloudRule");
  const servers = list(context, "mcpInstructions").flatMap((one) => {
    const words = text(one, "instructions");
    return words === ""
      ? []
      : [`<mcp_server name=${JSON.stringify(text(one, "serverName"))}>\n${words}\n</mcp_server>`];
  });
  return [
    customPrompt === "" && !hasRole ? role : customPrompt,
    modes[mode] ?? "",
    facts.length === 0 ? "" : `<environment>\n${facts.join("\n")}\n</environment>`,
    rules.length === 0 && cloud === ""
      ? ""
      : `The user's rules:\n${[...rules, ...(cloud === "" ? [] : [cloud])].join("\n")}`,
    servers.join("\n"),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

/** Blobs that this message names: its text where that is kept apart, its pictures. */
export function blobsOfMessage(message: Message | undefined): readonly Uint8Array[] {
  const images = list(sub(message, "selectedContext"), "selectedImages");
  const apart = text(message, "text") === "" ? [bytes(message, "textBlobId")] : [];
  return [...apart, ...images.map((image) => bytes(image, "blobId"))].filter((id) => id.byteLength > 0);
}

export function userParts(message: Message | undefined, blobs: Blobs, losses: Losses): readonly UserPart[] {
  const context = sub(message, "selectedContext");
  const apart = blobs.get(bytes(message, "textBlobId"));
  const words = text(message, "text") || (apart === undefined ? "" : Buffer.from(apart).toString("utf8"));
  const files = [...list(context, "files"), ...list(context, "codeSelections")].map((file) => {
    const path = text(file, "relativePath") || text(file, "path");
    return `<file path=${JSON.stringify(path)}>\n${text(file, "content")}\n</file>`;
  });
  const attached = [...files, ...textList(context, "extraContext").filter((part) => part !== "")];
  const texts: readonly TextPart[] = [...(attached.length === 0 ? [] : [attached.join("\n")]), words]
    .filter((part) => part !== "")
    .map((part) => ({ type: "text", text: part }));
  const images = list(context, "selectedImages").flatMap((image) => picture(image, blobs, losses));
  return [...images, ...texts];
}

function picture(image: Message, blobs: Blobs, losses: Losses): readonly ImagePart[] {
  const kept = sub(image, "blobIdWithData");
  const data = [bytes(image, "data"), bytes(kept, "data"), blobs.get(bytes(image, "blobId"))].find(
    (one) => one !== undefined && one.byteLength > 0,
  );
  if (data === undefined) {
    losses.add("image", "one whose bytes the client did not send");
    return [];
  }
  const mediaType = text(image, "mimeType") || pictureType(data) || "image/png";
  return [{ type: "image", source: { kind: "base64", mediaType, data: Buffer.from(data).toString("base64") } }];
}
