/** Fields that a dialect's clients say to their own backend. Nobody loses anything when another one does not hear them. */

/** The envelopes of Google's Code Assist. */
export const codeAssistFields = [
  "project",
  "user_prompt_id",
  "session_id",
  "enabled_credit_types",
  "requestId",
  "requestType",
  "userAgent",
  "sessionId",
  "enabledCreditTypes",
] as const;

/** Codex to its own backend, and Responses' own bookkeeping. */
export const responsesFields = ["clientTools", "include", "client_metadata", "truncation", "stream_options"] as const;

/** What Kiro's clients say to their own backend beside the conversation (`extras.kiro`, kiro/request-in.ts). */
export const kiroFields = ["profileArn", "agentMode", "conversation", "message", "context"] as const;
