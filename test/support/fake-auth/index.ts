/** The fake login services: each checks, rotates, revokes and counts as the provider it stands for. */
export { startFakeClaudeAuth } from "./claude.ts";
export { startFakeKimiAuth, startFakeQwenAuth } from "./device.ts";
export { startFakeGithub } from "./github.ts";
export { startFakeGoogleAuth } from "./google.ts";
export { startFakeIflowAuth } from "./iflow.ts";
export { startFakeKiroAuth } from "./kiro.ts";
export { startFakeOpenAiAuth } from "./openai.ts";
export { createTestSend } from "./send.ts";
export { createFakeTime } from "./time.ts";
