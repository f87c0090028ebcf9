/** What Google's generateContent refuses, in its own words (late 2026): the complaint it would make first, or null. */
import type { Blobs } from "./fake-blobs.ts";
import { demandsSignatures } from "./fake-gemini-answer.ts";
import { contentsOf, declarations, either, joinedTurns, partsOf } from "./fake-gemini-asked.ts";
import { googleSchemaMistake } from "./fake-schemas.ts";
import { field, isTable, list, strangeKey, words, type ProviderOptions, wordOf } from "./provider-turn.ts";

type Rules = Pick<ProviderOptions, "demandsSignatures" | "envelope">;

/** Fields in camelCase; protobuf JSON takes the snake_case names as well. */
function known(text: string): ReadonlySet<string> {
  const camel = [...words(text)];
  return new Set([...camel, ...camel.map((name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`))]);
}

const requestFields = known(
  "contents systemInstruction tools toolConfig safetySettings cachedContent labels generationConfig serviceTier model store",
);
/** Code Assist names the session inside the request. */
const envelopedFields = new Set([...requestFields, "session_id", "sessionId"]);
const configFields = known(
  "temperature topP topK candidateCount maxOutputTokens stopSequences responseMimeType responseSchema " +
    "responseJsonSchema responseModalities responseLogprobs logprobs presencePenalty frequencyPenalty seed " +
    "mediaResolution speechConfig imageConfig thinkingConfig enableEnhancedCivicAnswers",
);
const partFields = known(
  "text thought thoughtSignature inlineData fileData functionCall functionResponse executableCode codeExecutionResult " +
    "videoMetadata toolCall toolResponse partMetadata mediaResolution",
);
const toolFields = known(
  "functionDeclarations googleSearch googleSearchRetrieval urlContext codeExecution computerUse fileSearch googleMaps mcpServers",
);

export function geminiMistake(body: unknown, model: string, blobs: Blobs, rules: Rules): string | null {
  if (!isTable(body)) return "Invalid JSON payload received. Unexpected token.\n\n^";
  const contents = contentsOf(body);
  return (
    unknownName(body, rules.envelope === undefined ? requestFields : envelopedFields, null) ??
    configMistake(either(body, "generationConfig"), model, declarations(body).length > 0) ??
    systemMistake(either(body, "systemInstruction")) ??
    toolsMistake(body, model) ??
    (contents.length === 0 ? "* GenerateContentRequest.contents: contents is not specified\n" : null) ??
    firstOf(contents, (content, index) => contentMistake(content, `contents[${index}]`, model)) ??
    turnsMistake(contents) ??
    signaturesMistake(contents, blobs, rules.demandsSignatures ?? demandsSignatures(model))
  );
}

function unknownName(value: unknown, fields: ReadonlySet<string>, at: string | null): string | null {
  const name = strangeKey(value, fields);
  const place = at === null ? "" : ` at '${at}'`;
  return name === undefined
    ? null
    : `Invalid JSON payload received. Unknown name "${name}"${place}: Cannot find field.`;
}

function configMistake(config: unknown, model: string, hasTools: boolean): string | null {
  if (config === undefined) return null;
  const unknown = unknownName(config, configFields, "generation_config");
  if (unknown !== null) return unknown;
  if (list(either(config, "stopSequences")).length > 5) {
    return "* GenerateContentRequest.generation_config.stop_sequences: The number of stop sequences must be at most 5.";
  }
  const limit = either(config, "maxOutputTokens");
  if (limit !== undefined && !(typeof limit === "number" && limit >= 1)) {
    return "* GenerateContentRequest.generation_config.max_output_tokens: max_output_tokens must be positive.";
  }
  const schema = either(config, "responseSchema");
  const jsonSchema = either(config, "responseJsonSchema");
  const mime = either(config, "responseMimeType");
  if (schema !== undefined && jsonSchema !== undefined) {
    return "* GenerateContentRequest.generation_config: response_schema and response_json_schema cannot both be set.";
  }
  if ((schema ?? jsonSchema) !== undefined && mime !== "application/json") {
    return "Unable to submit request because response_schema requires response_mime_type to be application/json.";
  }
  if (mime === "application/json" && hasTools && !/gemini-[3-9]/.test(model)) {
    return "Function calling with a response mime type: 'application/json' is unsupported";
  }
  const wrong = schema === undefined ? null : googleSchemaMistake(schema, "generation_config.response_schema");
  return wrong ?? thinkingMistake(either(config, "thinkingConfig"), model);
}

function thinkingMistake(thinking: unknown, model: string): string | null {
  if (thinking === undefined) return null;
  const unknown = unknownName(
    thinking,
    known("includeThoughts thinkingBudget thinkingLevel"),
    "generation_config.thinking_config",
  );
  if (unknown !== null) return unknown;
  const budget = either(thinking, "thinkingBudget");
  const level = either(thinking, "thinkingLevel");
  if (budget !== undefined && level !== undefined) {
    return "You can only set only one of thinking budget and thinking level.";
  }
  if (level !== undefined) {
    if (!/gemini-[3-9]/.test(model)) return "Thinking level is not supported for this model.";
    if (!/^(minimal|low|medium|high)$/i.test(wordOf(level))) {
      return `Invalid value at 'generation_config.thinking_config.thinking_level', ${JSON.stringify(level)}`;
    }
  }
  if (/gemini-2\.5-pro/.test(model) && budget === 0) {
    return "Budget 0 is invalid. This model only works in thinking mode.";
  }
  return typeof budget === "number" && budget > 32_768
    ? `The thinking budget ${budget} is invalid. Please choose a value between 128 and 32768.`
    : null;
}

function systemMistake(instruction: unknown): string | null {
  if (instruction === undefined) return null;
  if (!isTable(instruction))
    return "Invalid value at 'system_instruction' (type.googleapis.com/google.ai.generativelanguage.v1beta.Content)";
  return firstOf(partsOf(instruction), (part, index) =>
    unknownName(part, partFields, `system_instruction.parts[${index}]`),
  );
}

const functionName = /^[A-Za-z_][A-Za-z0-9_.:-]{0,63}$/;
const nameRule =
  "Invalid function name. Must start with a letter or an underscore. Must be alphameric (a-z, A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 64.";

function toolsMistake(body: unknown, model: string): string | null {
  const tools = list(field(body, "tools"));
  const names: unknown[] = [];
  for (const [index, tool] of tools.entries()) {
    const unknown = unknownName(tool, toolFields, `tools[${index}]`);
    if (unknown !== null) return unknown;
    for (const [at, declared] of list(either(tool, "functionDeclarations")).entries()) {
      const place = `tools[${index}].function_declarations[${at}]`;
      const wrong = declarationMistake(declared, place);
      if (wrong !== null) return wrong;
      const name = field(declared, "name");
      if (names.includes(name)) return `Duplicate function declaration found: ${String(name)}`;
      names.push(name);
    }
  }
  const isMixed = names.length > 0 && tools.some((tool) => either(tool, "googleSearch") !== undefined);
  if (isMixed && !/gemini-[3-9]/.test(model)) return "Tool use with function calling is unsupported";
  return choiceMistake(either(either(body, "toolConfig"), "functionCallingConfig"), names);
}

function declarationMistake(declared: unknown, at: string): string | null {
  const fields = known("name description behavior parameters parametersJsonSchema response responseJsonSchema");
  const unknown = unknownName(declared, fields, at);
  if (unknown !== null) return unknown;
  if (!functionName.test(String(field(declared, "name")))) return `* GenerateContentRequest.${at}.name: ${nameRule}`;
  const parameters = field(declared, "parameters");
  const jsonSchema = either(declared, "parametersJsonSchema");
  if (parameters !== undefined && jsonSchema !== undefined) {
    return `* GenerateContentRequest.${at}: parameters and parameters_json_schema cannot both be set.`;
  }
  if (jsonSchema !== undefined && !isTable(jsonSchema)) {
    return `Invalid value at '${at}.parameters_json_schema' (type.googleapis.com/google.protobuf.Value)`;
  }
  if (parameters === undefined) return null;
  if (String(field(parameters, "type")).toUpperCase() !== "OBJECT") {
    return `* GenerateContentRequest.${at}.parameters.type: functionDeclaration parameters schema should be of type OBJECT`;
  }
  return googleSchemaMistake(parameters, `${at}.parameters`);
}

function choiceMistake(config: unknown, names: readonly unknown[]): string | null {
  if (config === undefined) return null;
  const mode = wordOf(field(config, "mode"), "AUTO");
  if (!["AUTO", "ANY", "NONE", "VALIDATED", "MODE_UNSPECIFIED"].includes(mode)) {
    return `Invalid value at 'tool_config.function_calling_config.mode', "${mode}"`;
  }
  const allowed = list(either(config, "allowedFunctionNames"));
  if (allowed.length > 0 && mode !== "ANY" && mode !== "VALIDATED") {
    return "Function calling config is set without function_calling_config.mode set to ANY.";
  }
  if (mode === "ANY" && names.length === 0)
    return "Function calling mode is ANY but no function declarations are provided.";
  const stray = allowed.map(String).find((name) => !names.includes(name));
  return stray === undefined ? null : `allowed_function_names[0] ${stray} is not in the function declarations`;
}

function contentMistake(content: unknown, at: string, model: string): string | null {
  const unknown = unknownName(content, known("role parts"), at);
  if (unknown !== null) return unknown;
  const role = field(content, "role") ?? "user";
  if (role !== "user" && role !== "model" && role !== "function") return "Please use a valid role: user, model.";
  const parts = partsOf(content);
  if (parts.length === 0) return `* GenerateContentRequest.${at}.parts: contents.parts must not be empty.\n`;
  return firstOf(parts, (part, index) => partMistake(part, `${at}.parts[${index}]`, model, role === "model"));
}

const dataFields = words(
  "text inlineData fileData functionCall functionResponse executableCode codeExecutionResult toolCall toolResponse",
);
const mimeTypes =
  /^(image\/(png|jpeg|webp|heic|heif)|application\/pdf|audio\/[\w.+-]+|video\/[\w.+-]+|text\/[\w.+-]+)$/;

function partMistake(part: unknown, at: string, model: string, isModel: boolean): string | null {
  const unknown = unknownName(part, partFields, at);
  if (unknown !== null) return unknown;
  const payloads = [...dataFields].filter((name) => either(part, name) !== undefined);
  if (payloads.length === 0) {
    return `* GenerateContentRequest.${at}.data: required oneof field 'data' must have one initialized field\n`;
  }
  if (payloads.length > 1) {
    return `Invalid value at '${at}' (oneof), oneof field 'data' is already set. Cannot set '${payloads[1]}'`;
  }
  const text = field(part, "text");
  if (text !== undefined && typeof text !== "string") return `Invalid value at '${at}.text' (TYPE_STRING)`;
  const signature = either(part, "thoughtSignature");
  if (signature !== undefined && !(typeof signature === "string" && /^[A-Za-z0-9+/_-]*={0,2}$/.test(signature))) {
    return `Invalid value at '${at}.thought_signature' (TYPE_BYTES), Base64 decoding failed for ${JSON.stringify(signature)}`;
  }
  const data = either(part, "inlineData");
  if (data !== undefined) {
    const mime = String(either(data, "mimeType"));
    if (!mimeTypes.test(mime)) return `Unsupported MIME type: ${mime}`;
    const bytes = field(data, "data");
    if (typeof bytes !== "string" || !/^[A-Za-z0-9+/_-]+={0,2}$/.test(bytes)) {
      return `Invalid value at '${at}.inline_data.data' (TYPE_BYTES), Base64 decoding failed`;
    }
  }
  const made = either(part, "functionCall");
  if (made !== undefined) {
    if (!isModel) return "Please ensure that function call turn comes from the model.";
    if (!functionName.test(String(field(made, "name"))))
      return `* GenerateContentRequest.${at}.function_call.name: ${nameRule}`;
    const args = field(made, "args");
    if (args !== undefined && !isTable(args)) {
      return `Invalid value at '${at}.function_call.args' (type.googleapis.com/google.protobuf.Struct), ${JSON.stringify(args)}`;
    }
    return unknownName(made, known("id name args partialArgs willContinue"), `${at}.function_call`);
  }
  const response = either(part, "functionResponse");
  return response === undefined ? null : responseMistake(response, `${at}.function_response`, model);
}

function responseMistake(response: unknown, at: string, model: string): string | null {
  const unknown = unknownName(response, known("id name response parts scheduling willContinue"), at);
  if (unknown !== null) return unknown;
  if (wordOf(field(response, "name")) === "") return `* GenerateContentRequest.${at}.name: Name cannot be empty.\n`;
  const value = field(response, "response");
  if (!isTable(value)) {
    return `Invalid value at '${at}.response' (type.googleapis.com/google.protobuf.Struct), ${JSON.stringify(value)}`;
  }
  const parts = list(field(response, "parts"));
  if (parts.length > 0 && !/gemini-[3-9]/.test(model)) {
    return "Multimodal function response is not supported for this model.";
  }
  return firstOf(parts, (part, index) => unknownName(part, known("inlineData fileData"), `${at}.parts[${index}]`));
}

/** Calls are answered at once, all of them, in one turn. */
function turnsMistake(contents: readonly unknown[]): string | null {
  let owed: readonly unknown[] = [];
  let previous: string | null = null;
  const merged = joinedTurns(contents);
  for (const { role, parts } of merged) {
    const made = parts.map((part) => either(part, "functionCall")).filter((one) => one !== undefined);
    const answers = parts.map((part) => either(part, "functionResponse")).filter((one) => one !== undefined);
    if (made.length > 0 && previous === null) {
      return "Please ensure that function call turn comes immediately after a user turn or after a function response turn.";
    }
    if (answers.length > 0 && owed.length === 0) {
      return "Please ensure that function response turn comes immediately after a function call turn.";
    }
    if (owed.length > 0 && answers.length !== owed.length) {
      return "Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.";
    }
    const namesOf = (all: readonly unknown[]): string =>
      all
        .map((one) => String(field(one, "name")))
        .toSorted((one, other) => one.localeCompare(other))
        .join(" ");
    if (namesOf(answers) !== namesOf(owed)) {
      return "Please ensure that the function response names match the function call names of the function call turn.";
    }
    owed = made;
    previous = role;
  }
  return null;
}

/** Documented for histories that another model wrote. */
const sentinels = words("skip_thought_signature_validator context_engineering_is_the_way_to_go");

function signaturesMistake(contents: readonly unknown[], blobs: Blobs, demands: boolean): string | null {
  for (const content of contents) {
    for (const part of partsOf(content)) {
      const signature = either(part, "thoughtSignature");
      if (typeof signature !== "string" || signature === "" || sentinels.has(signature)) continue;
      const minted = blobs.find(signature);
      const made = either(part, "functionCall");
      const place = made === undefined ? "" : String(field(made, "name"));
      if (minted === undefined || minted.place !== place) return "Corrupted thought signature.";
    }
  }
  return demands ? missingSignature(contents) : null;
}

/** Only the turn that is going on is looked at: everything since the user last said something. */
function missingSignature(contents: readonly unknown[]): string | null {
  const lastQuestion = contents.findLastIndex(
    (content) =>
      field(content, "role") !== "model" &&
      partsOf(content).some((part) => either(part, "functionResponse") === undefined),
  );
  let isFirst = true;
  for (const [index, content] of contents.entries()) {
    if (index <= lastQuestion) continue;
    if (field(content, "role") !== "model") {
      isFirst = true;
      continue;
    }
    for (const part of partsOf(content)) {
      const made = either(part, "functionCall");
      if (made === undefined) continue;
      if (isFirst && typeof either(part, "thoughtSignature") !== "string") {
        return `Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, and missing thought_signature may lead to degraded model performance. Additional data, function call \`default_api:${String(field(made, "name"))}\` , position ${index + 1}. Please refer to https://ai.google.dev/gemini-api/docs/thought-signatures for more details.`;
      }
      isFirst = false;
    }
  }
  return null;
}

function firstOf(parts: readonly unknown[], check: (part: unknown, index: number) => string | null): string | null {
  for (const [index, part] of parts.entries()) {
    const wrong = check(part, index);
    if (wrong !== null) return wrong;
  }
  return null;
}
