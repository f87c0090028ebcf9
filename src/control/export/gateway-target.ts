/** Where our gateway serves what a client asked of a provider. */
import type { FlowRecord } from "../../base/flow.ts";

/** Paths that mean the same at the gateway. */
const served =
  /^\/v1\/(?:chat\/completions|responses|messages(?:\/count_tokens)?|embeddings|images\/generations)(?:\?.*)?$|^\/v1(?:beta|alpha)?\/models\/[^?]+:[A-Za-z]+(?:\?.*)?$/s;

/** Elsewhere the path depends on the host (`/api/v1/…`, `/backend-api/codex/…`): the dialect decides. */
const ofFormat: Readonly<Record<string, string>> = {
  "openai-chat": "/v1/chat/completions",
  "openai-responses": "/v1/responses",
  claude: "/v1/messages",
};

/** Null: it serves nothing of that kind. A masked key in the query stays behind: the gateway has its own. */
export function gatewayTarget(target: string, format: FlowRecord["formats"]["client"]): string | null {
  const withoutKey = target.replace(/([?&])key=[^&]*&?/, "$1").replace(/[?&]$/, "");
  if (served.test(withoutKey)) return withoutKey;
  const known = format !== null && Object.hasOwn(ofFormat, format) ? ofFormat[format] : undefined;
  return known ?? null;
}
