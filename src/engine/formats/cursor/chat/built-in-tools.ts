/**
 * The tools that Cursor's editor has of its own, by their number in its list. What their calls look like is not attested:
 * each has parameters of its own in the call, and whether the editor runs one that came with its raw arguments alone nobody
 * has seen. So none of them is offered to a model, and each is named (docs/formats/cursor.md).
 */
import { mcpToolNumber } from "./tool-names.ts";

const names: Readonly<Record<number, string>> = {
  1: "semsearch",
  3: "ripgrep",
  5: "read_file",
  6: "list_dir",
  7: "edit_file",
  8: "file_search",
  9: "semantic_search",
  11: "delete_file",
  12: "reapply",
  15: "run_terminal",
  16: "fetch_rules",
  18: "web_search",
  23: "search_symbols",
  30: "read_lints",
  34: "todo_read",
  35: "todo_write",
  38: "edit_v2",
  39: "list_dir_v2",
  40: "read_v2",
  41: "ripgrep_raw",
  42: "glob",
  43: "create_plan",
  48: "task",
  49: "call_mcp_tool",
  51: "ask_question",
  52: "switch_mode",
  57: "web_fetch",
};

/** Of the numbers a client says it supports, those it would have to run itself. */
export function builtInTools(supported: readonly unknown[]): readonly string[] {
  return supported
    .filter((number) => typeof number === "number" && number !== 0 && number !== mcpToolNumber)
    .map((number) => names[Number(number)] ?? `tool ${String(number)}`);
}
