/**
 * Items of the provider's own tools in the history: whole and opaque, with words for other models where the item says
 * something they should know. Items that stand for something stored at the provider cannot be left out: they are
 * essential, and another provider refuses them.
 */
import type { AssistantPart, OpaquePart } from "../../hub/message.ts";
import { listField, recordField, textField, type Fields } from "../fields.ts";
import { opaque } from "./content-in.ts";

export type ServerItem =
  | { readonly speaker: "assistant"; readonly part: AssistantPart }
  | { readonly speaker: "user"; readonly part: OpaquePart };

export function readServerItem(item: Fields): ServerItem {
  switch (item["type"]) {
    case "item_reference":
    case "compaction":
    case "compaction_summary":
    case "compaction_trigger":
    case "context_compaction":
      return { speaker: "user", part: { ...opaque(item), essential: true } };
    case "image_generation_call":
      return { speaker: "assistant", part: readDrawing(item) };
    case "computer_call_output":
      return { speaker: "user", part: opaque(item, "[a picture of the screen]") };
    case "mcp_approval_response":
      return { speaker: "user", part: opaque(item, item["approve"] === true ? "[approved]" : "[not approved]") };
    default:
      return { speaker: "assistant", part: opaque(item, wordsOf(item)) };
  }
}

/** A picture the model drew; while it is not finished there is none. */
export function readDrawing(item: Fields): AssistantPart {
  const data = textField(item, "result") ?? "";
  if (data === "") return opaque(item);
  const format = textField(item, "output_format") ?? "png";
  return { type: "image", source: { kind: "base64", mediaType: `image/${format}`, data } };
}

function wordsOf(item: Fields): string | undefined {
  switch (item["type"]) {
    case "web_search_call":
      return `[web search${said(queryOf(recordField(item, "action")))}]`;
    case "file_search_call":
      return `[file search${said(textsOf(listField(item, "queries")))}]`;
    case "code_interpreter_call":
      return ["[code was run]", textField(item, "code") ?? "", ...logsOf(item)]
        .filter((line) => line !== "")
        .join("\n");
    case "mcp_call":
      return [
        `[${textField(item, "server_label") ?? ""}: ${textField(item, "name") ?? ""} ${textField(item, "arguments") ?? ""}]`,
        textField(item, "output") ?? textField(item, "error") ?? "",
      ]
        .filter((line) => line !== "")
        .join("\n");
    case "computer_call":
      return `[computer${said(textField(recordField(item, "action"), "type"))}]`;
    default:
      return undefined;
  }
}

function said(text: string | undefined): string {
  return text === undefined || text === "" ? "" : `: ${text}`;
}

function queryOf(action: Fields | undefined): string | undefined {
  return textField(action, "query") ?? textField(action, "url") ?? textsOf(listField(action, "queries"));
}

function textsOf(values: readonly unknown[] | undefined): string | undefined {
  const texts = (values ?? []).filter((value) => typeof value === "string");
  return texts.length === 0 ? undefined : texts.join(", ");
}

function logsOf(item: Fields): readonly string[] {
  return (listField(item, "outputs") ?? []).flatMap((output) => textField(output, "logs") ?? []);
}
