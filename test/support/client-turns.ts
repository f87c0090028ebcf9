/** What a fake model says to a whole client: small side calls are answered beside the turn that is tested. */
import { field, list, type Answer, type Asked, type AskedTool, type ToolCall } from "./provider-turn.ts";

/** Calls without tools are the client's own errands: a title, a choice among models. */
export function isMainCall(asked: Asked): boolean {
  return asked.tools.length > 0;
}

export function besides(main: Answer): Answer {
  return (asked, nth) => {
    if (isMainCall(asked)) return main(asked, nth);
    return { type: "text", text: asked.schema === undefined ? "A title" : JSON.stringify(example(asked.schema)) };
  };
}

/** The smallest thing that fits a schema. */
function example(schema: unknown): unknown {
  const choice = list(field(schema, "enum"))[0];
  if (choice !== undefined) return choice;
  switch (field(schema, "type")) {
    case "object": {
      const properties = field(schema, "properties");
      if (typeof properties !== "object" || properties === null) return {};
      return Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, example(one)] as const));
    }
    case "array":
      return [];
    case "integer":
    case "number":
      return 10;
    case "boolean":
      return true;
    default:
      return "plain";
  }
}

/** Has the client look into a file with whatever tool of its own can do that, then repeats what came back. */
export function looksInto(file: string): Answer {
  return besides((asked) => {
    const result = asked.toolResults.at(-1);
    if (result !== undefined) return { type: "text", text: `The file says: ${result}` };
    const call = callFor(asked.tools, file);
    if (call === null)
      return { type: "text", text: `No tool here reads files: ${asked.tools.map(({ name }) => name).join()}` };
    const thought = { type: "thinking", text: "The file will say." } as const;
    return { type: "says", parts: [thought, { type: "text", text: "Let me look at the file." }, call] };
  });
}

function callFor(tools: readonly AskedTool[], file: string): ToolCall | null {
  const reader = tools.find(({ name }) => /^(?:read|read_file|view)$/i.test(name));
  if (reader !== undefined) {
    const properties = field(reader.schema, "properties");
    const names = typeof properties === "object" && properties !== null ? Object.keys(properties) : [];
    return { name: reader.name, input: { [names.find((name) => /path|file/i.test(name)) ?? "path"]: file } };
  }
  const shell = tools.find(({ name }) => name === "exec_command");
  if (shell !== undefined) return { name: shell.name, input: { cmd: `cat '${file}'` } };
  // Codex's newer models write a program that calls the shell.
  const program = tools.find(({ name }) => name.endsWith("__exec"));
  if (program === undefined) return null;
  const script = `const result = await tools.exec_command(${JSON.stringify({ cmd: `cat '${file}'` })});\ntext(result.output);`;
  return { name: program.name, input: { input: script } };
}
