/** The agent service, played. */
export { createAgentBackend } from "./backend.ts";
