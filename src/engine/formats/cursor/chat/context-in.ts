/**
 * What a chat request says beside its messages, as text for the model: Cursor's servers write their own prompt around
 * these; here each stands under a plain heading.
 */
import type { Losses } from "../../../hub/losses.ts";
import { booleanField, listField, numberField, recordField, textField, type Fields } from "../../fields.ts";

/** The sections of the system prompt, in the order a model should read them; empty ones are left out. */
export function readContext(chat: Fields, losses: Losses): string {
  const explicit = recordField(chat, "explicitContext");
  const sections = [
    environment(recordField(chat, "environmentInfo")),
    section("Context", textField(explicit, "context")),
    section("Repository", textField(explicit, "repoContext")),
    section("Rules", rules(listField(explicit, "rules"))),
    section("Mode", textField(explicit, "modeSpecificContext")),
    section("Planning", textField(chat, "customPlanningInstructions")),
    section("Tool servers", instructions(listField(explicit, "mcpInstructions"))),
    section("Summary of the conversation so far", textField(recordField(chat, "conversationSummary"), "summary")),
    currentFile(recordField(chat, "currentFile")),
  ];
  nameLosses(chat, losses);
  return sections.filter((text) => text !== "").join("\n\n");
}

function section(heading: string, text: string | undefined): string {
  return text === undefined || text.trim() === "" ? "" : `# ${heading}\n${text.trim()}`;
}

/** Without the time of day: it would make every prompt another one, and no prompt cache would ever hold. */
function environment(info: Fields | undefined): string {
  const workspaces = (listField(info, "workspaceUris") ?? []).filter((uri) => typeof uri === "string");
  const lines = [
    [
      "Operating system",
      [textField(info, "exthostPlatform"), textField(info, "exthostArch")].filter(Boolean).join(" "),
    ],
    ["Shell", textField(info, "exthostShell") ?? ""],
    ["Workspace", workspaces.join(", ")],
  ].filter(([, value]) => value !== "");
  return section("Environment", lines.map(([name, value]) => `${name}: ${value}`).join("\n"));
}

export function rules(list: readonly unknown[] | undefined): string {
  return (list ?? [])
    .map((rule) => {
      const name = textField(rule, "name") ?? textField(rule, "fullPath") ?? "";
      const body = textField(rule, "body") ?? textField(rule, "description") ?? "";
      return body === "" ? "" : name === "" ? body : `## ${name}\n${body}`;
    })
    .filter((text) => text !== "")
    .join("\n\n");
}

function instructions(list: readonly unknown[] | undefined): string {
  return (list ?? [])
    .map((one) => `## ${textField(one, "serverName") ?? ""}\n${textField(one, "instructions") ?? ""}`)
    .join("\n\n");
}

/** A path that only stands for settings has no text and is no file of the user's. */
function currentFile(file: Fields | undefined): string {
  const contents = textField(file, "contents") ?? "";
  const path = textField(file, "relativeWorkspacePath") ?? "";
  if (contents === "") return "";
  const start = numberField(file, "contentsStartAtLine") ?? 0;
  const from = start > 1 ? `, from line ${start}` : "";
  return section(`Open file: ${path}${from}`, fenced(contents, textField(file, "languageId") ?? ""));
}

export function fenced(text: string, language: string): string {
  return `\`\`\`${language}\n${text}\n\`\`\``;
}

function nameLosses(chat: Fields, losses: Losses): void {
  const details = recordField(chat, "modelDetails");
  const ownKey = ["apiKey", "openaiApiBaseUrl"].some((key) => (textField(details, key) ?? "") !== "");
  const ownCloud =
    booleanField(recordField(details, "azureState"), "useAzure") === true ||
    booleanField(recordField(details, "bedrockState"), "useBedrock") === true;
  if (ownKey || ownCloud) losses.add("parameter", "the key or address of the user's own that Cursor was set to use");
  if (booleanField(details, "maxMode") === true) losses.add("parameter", "max mode is Cursor's own");
  if ((textField(chat, "useWeb") ?? "") !== "") losses.add("server-tool", "web search is run by Cursor's servers");
  if ((listField(chat, "documentationIdentifiers") ?? []).length > 0) {
    losses.add("document", "documentation that lies on Cursor's servers");
  }
  if (booleanField(chat, "isResume") === true) losses.add("message", "a resumed turn is answered anew");
  const mode = modesWithPrompt[textField(chat, "unifiedMode") ?? ""];
  if (mode !== undefined) losses.add("system-message", `Cursor's own instructions for its ${mode} mode`);
}

/** Modes that are mostly a prompt which Cursor's servers have and we do not. */
const modesWithPrompt: Readonly<Record<string, string>> = {
  CHAT_MODE_EDIT: "edit",
  CHAT_MODE_CUSTOM: "custom",
  CHAT_MODE_PLAN: "plan",
  CHAT_MODE_DEBUG: "debug",
};
