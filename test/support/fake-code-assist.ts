/**
 * Google's Code Assist backend, as the Gemini CLI and Antigravity speak to it (late 2026): Gemini's generateContent in an
 * envelope, with a login instead of a key. `envelope` says which of the two it expects to hear from.
 */
import { generate, sendGoogleError } from "./fake-gemini.ts";
import { declarations, either } from "./fake-gemini-asked.ts";
import type { Call } from "./fake-providers.ts";
import { defaultUsage, field, isTable, list, strangeKey, words } from "./provider-turn.ts";

const path = /^\/v1internal:(\w+)$/;

const envelopes = {
  "gemini-cli": words("model project user_prompt_id enabled_credit_types request"),
  antigravity: words("project model userAgent requestType requestId request enabledCreditTypes"),
};

export async function codeAssist(call: Call): Promise<void> {
  const { options, reply } = call;
  const url = new URL(call.path, "http://fake");
  const method = path.exec(url.pathname)?.[1];
  const key = /^Bearer (.+)$/.exec(call.headers.authorization ?? "")?.[1];
  if (key === undefined || (options.keys !== undefined && !options.keys.includes(key))) {
    const message =
      "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.";
    sendGoogleError(call, { type: "error", status: 401, message });
    return;
  }
  const answer = (body: object): void => {
    reply.writeHead(200, { "content-type": "application/json; charset=UTF-8" });
    reply.end(JSON.stringify(body));
  };
  if (method === "loadCodeAssist")
    return answer({ currentTier: { id: "standard-tier" }, cloudaicompanionProject: "test-project" });
  const usage = options.usage ?? defaultUsage;
  if (method === "countTokens") return answer({ totalTokens: usage.input });
  if (method !== "generateContent" && method !== "streamGenerateContent") {
    sendGoogleError(call, { type: "error", status: 404, message: `Method not found: ${url.pathname}` });
    return;
  }
  const envelope = options.envelope ?? "gemini-cli";
  const request = field(call.body, "request");
  const wrong =
    envelopeMistake(call.body, envelope) ?? (envelope === "antigravity" ? antigravityMistake(request) : null);
  if (wrong !== null) {
    sendGoogleError(call, { type: "error", status: 400, message: wrong });
    return;
  }
  const isStream = method === "streamGenerateContent";
  await generate(call, String(field(call.body, "model")), {
    body: request,
    stream: isStream ? (url.searchParams.get("alt") === "sse" ? "sse" : "array") : null,
    wrap: (chunk) => ({ response: chunk, traceId: `trace-${call.nth}` }),
  });
}

function envelopeMistake(body: unknown, envelope: keyof typeof envelopes): string | null {
  if (!isTable(body)) return "Invalid JSON payload received. Unexpected token.\n\n^";
  const unknown = strangeKey(body, envelopes[envelope]);
  if (unknown !== undefined) {
    return `Invalid JSON payload received. Unknown name "${unknown}": Cannot find field.`;
  }
  if (typeof body["model"] !== "string" || body["model"] === "") return "Request contains an invalid argument: model.";
  if (body["model"].startsWith("models/")) return "Requested entity was not found.";
  if (typeof body["project"] !== "string" || body["project"] === "") {
    return "Request contains an invalid argument: project.";
  }
  if (!isTable(body["request"])) return "Request contains an invalid argument: request.";
  if (envelope === "antigravity" && typeof body["userAgent"] !== "string") {
    return "Request contains an invalid argument: userAgent.";
  }
  return null;
}

/** What the sandbox adds to Gemini's own rules: no filters of the caller's, and schemas its validator can follow. */
function antigravityMistake(request: unknown): string | null {
  if (either(request, "safetySettings") !== undefined) return "Request contains an invalid argument: safetySettings.";
  const mode = field(either(either(request, "toolConfig"), "functionCallingConfig"), "mode");
  for (const declared of declarations(request)) {
    const schema = field(declared, "parameters");
    if (schema === undefined && either(declared, "parametersJsonSchema") === undefined) continue;
    const strange = validatedMistake(schema);
    if (mode === "VALIDATED" && strange !== null) {
      return `Invalid JSON payload received. Unknown name "${strange}" at 'request.tools[0].function_declarations[0].parameters': Cannot find field.`;
    }
  }
  return null;
}

const hintsOnly = words(
  "minimum maximum minItems maxItems minLength maxLength pattern default title exclusiveMinimum exclusiveMaximum const",
);

function validatedMistake(schema: unknown): string | null {
  if (!isTable(schema)) return null;
  const strange = Object.keys(schema).find((key) => hintsOnly.has(key));
  if (strange !== undefined) return strange;
  const properties = schema["properties"];
  const inside = [...Object.values(isTable(properties) ? properties : {}), schema["items"], ...list(schema["anyOf"])];
  return inside.map(validatedMistake).find((wrong) => wrong !== null) ?? null;
}
