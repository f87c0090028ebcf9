/** Tools and the choice among them, in Gemini's shapes. */
import { isRecord } from "../../../base/json.ts";
import { unreachable } from "../../../base/unreachable.ts";
import { wrapCustomTool, type FunctionTool } from "../../hub/custom-tools.ts";
import type { ArgumentFix } from "../../hub/fix-arguments.ts";
import type { Losses } from "../../hub/losses.ts";
import type { HubRequest } from "../../hub/request.ts";
import type { NameMap, NameRule } from "../../hub/tool-ids.ts";
import type { ServerAbility } from "../../hub/tools.ts";
import { optional, type Fields } from "../fields.ts";
import type { Target } from "./backend.ts";
import { cleanJsonSchema, cleanSchema, type CleanSchema } from "./schema.ts";

/** The API's own rule: `^[A-Za-z_][A-Za-z0-9_.:-]{0,63}$`. */
const geminiNames: NameRule = { forbidden: /[^A-Za-z0-9_.:-]|^[^A-Za-z_]/g, minLength: 1, maxLength: 64 };
/** Claude behind the same wire has its own: no dots and colons. */
const claudeNames: NameRule = { forbidden: /[^A-Za-z0-9_-]|^[^A-Za-z_]/g, minLength: 1, maxLength: 64 };

export function nameRuleOf({ model }: Target): NameRule {
  return model.family === "claude" ? claudeNames : geminiNames;
}

export interface ToolOptions {
  readonly names: NameMap;
  readonly target: Target;
  readonly losses: Losses;
}

export interface WrittenTools {
  readonly tools: readonly Fields[];
  /** Wire names of the functions among them. */
  readonly functions: ReadonlySet<string>;
  readonly hasServerTools: boolean;
  /** By the client's names: what calls that come back must be freed of. */
  readonly fixes: ReadonlyMap<string, ArgumentFix>;
}

export function writeTools(request: HubRequest, options: ToolOptions): WrittenTools {
  const { names, losses } = options;
  const choice = request.toolChoice;
  // With a mode that leaves the model free, a list of names has no field: the others are not declared.
  const isFree = choice?.type === "allowed" && choice.mode === "auto";
  const allowed = isFree ? new Set(choice.names) : null;
  const wanted = request.tools.filter((tool) => allowed === null || allowed.has(tool.name));
  const fixes = new Map<string, ArgumentFix>();
  const declared = new Map<string, Fields>();
  for (const tool of wanted) {
    if (tool.kind === "server") continue;
    const name = names.toWire(tool.name);
    if (declared.has(name)) losses.add("tool", `${tool.name} was declared twice; the first one counts`);
    else {
      const written = writeFunction(tool.kind === "custom" ? wrapCustomTool(tool) : tool, options);
      declared.set(name, written.declaration);
      if (written.fix !== undefined && tool.kind === "function") fixes.set(tool.name, written.fix);
    }
  }
  const server = writeServerTools({ ...request, tools: wanted }, declared.size > 0, options);
  const functions = [...declared.values()];
  return {
    tools: [...(functions.length === 0 ? [] : [{ functionDeclarations: functions }]), ...server],
    functions: new Set(declared.keys()),
    hasServerTools: server.length > 0,
    fixes,
  };
}

interface WrittenFunction {
  readonly declaration: Fields;
  readonly fix?: ArgumentFix;
}

function writeFunction(tool: FunctionTool, { names, target, losses }: ToolOptions): WrittenFunction {
  const cleaned = target.jsonSchema ? cleanJsonSchema(tool.parameters) : cleanSchema(tool.parameters, target.schema);
  nameSchemaLosses(tool.name, cleaned, losses);
  const field = target.jsonSchema ? "parametersJsonSchema" : "parameters";
  const declaration = {
    name: names.toWire(tool.name),
    ...optional("description", tool.description),
    ...(cleaned.isEmpty ? {} : { [field]: cleaned.schema }),
  };
  // VALIDATED mode on a thinned-out schema brings values in other types than the words asked for.
  const needsFix = cleaned.isCoerced || cleaned.placeholder !== undefined || target.schema === "antigravity";
  if (!needsFix) return { declaration };
  return { declaration, fix: { schema: tool.parameters, ...optional("drop", cleaned.placeholder) } };
}

function nameSchemaLosses(name: string, { inWords, leftOut }: CleanSchema, losses: Losses): void {
  if (inWords.length > 0) losses.add("tool", `schema of ${name}: ${inWords.join(", ")} now stand in its descriptions`);
  if (leftOut.length > 0) losses.add("tool", `schema of ${name}: ${leftOut.join(", ")} left out`);
}

const googleTools: Readonly<Record<ServerAbility, Fields>> = {
  "web-search": { googleSearch: {} },
  "web-fetch": { urlContext: {} },
  "code-execution": { codeExecution: {} },
};

function writeServerTools(
  request: HubRequest,
  hasFunctions: boolean,
  { target, losses }: ToolOptions,
): readonly Fields[] {
  const written = new Map<string, Fields>();
  // Functions beside Google's own tools: Gemini 3 takes both, and wants the tools' traces back in every later turn, which
  // only a client of its own dialect keeps. Everywhere else the functions win.
  const combines = target.model.combinesTools && request.extras.gemini !== undefined;
  for (const tool of request.tools) {
    if (tool.kind !== "server") continue;
    const isOwn = tool.from === "gemini" || tool.from === "gemini-cli" || tool.from === "antigravity";
    const google =
      isOwn && isRecord(tool.raw) ? tool.raw : tool.ability === undefined ? null : googleTools[tool.ability];
    if (google === null || !target.serverTools) {
      losses.add("server-tool", `${tool.name}: only ${tool.from} can run it; it was left out`);
    } else if (hasFunctions && !combines) {
      losses.add("server-tool", `${tool.name}: not together with functions; it was left out`);
    } else {
      if (!isOwn && hasSettings(tool.raw)) losses.add("server-tool", `the settings of ${tool.name}`);
      written.set(Object.keys(google).join(), google);
    }
  }
  return [...written.values()];
}

function hasSettings(raw: unknown): boolean {
  return isRecord(raw) && Object.keys(raw).some((key) => key !== "type" && key !== "name" && key !== "cache_control");
}

/** The `toolConfig` that the choice, the tools and the client's own wishes make. */
export function writeToolConfig(request: HubRequest, written: WrittenTools, options: ToolOptions): Fields {
  const { target, losses } = options;
  const { functions, hasServerTools } = written;
  // The plain API wants to be told so; Vertex does not know the field (late 2026).
  const isPlain = target.schema === "gemini" && target.format === "gemini";
  const combined = hasServerTools && isPlain ? { includeServerSideToolInvocations: true } : {};
  if (functions.size === 0) {
    const choice = request.toolChoice?.type;
    if (choice === "required" || choice === "tool") losses.add("tool-choice", "no function is left to be forced");
    return {};
  }
  if (request.parallelToolCalls === false) losses.add("parameter", "parallel_tool_calls: Gemini has no such field");
  const functionCallingConfig = writeChoice(request, written, options);
  return { ...combined, ...optional("functionCallingConfig", functionCallingConfig) };
}

function writeChoice(
  request: HubRequest,
  { functions, hasServerTools }: WrittenTools,
  { names, target, losses }: ToolOptions,
): Fields | undefined {
  const choice = request.toolChoice;
  // Held to the schema: asked for by the client, always so in Antigravity, and the way tools of both kinds go together.
  const isStrict = request.tools.some((tool) => tool.kind === "function" && tool.strict === true);
  const isValidated =
    request.extras.gemini?.["toolConfig.functionCallingConfig"] !== undefined ||
    target.schema === "antigravity" ||
    hasServerTools ||
    (isStrict && target.model.jsonSchema);
  if (isStrict && !isValidated) losses.add("tool", "strict: this model does not hold calls to their schema");
  const free = isValidated ? { mode: "VALIDATED" } : undefined;
  switch (choice?.type) {
    case undefined:
      return free;
    case "auto":
      return free ?? { mode: "AUTO" };
    case "none":
      return { mode: "NONE" };
    case "required":
      return { mode: "ANY" };
    case "tool":
    case "allowed": {
      if (choice.type === "allowed" && choice.mode === "auto") return free ?? { mode: "AUTO" };
      const wanted = (choice.type === "tool" ? [choice.name] : choice.names).map((name) => names.toWire(name));
      const known = wanted.filter((name) => functions.has(name));
      if (known.length > 0) return { mode: "ANY", allowedFunctionNames: known };
      losses.add("tool-choice", "none of the chosen tools is among the functions; the choice was left out");
      return free;
    }
    default:
      return unreachable(choice);
  }
}
