/**
 * Services with a login, a dialect or an accent of their own. Where a seed's base URL no longer answers, the working one
 * stands here and the seed's in the comment (facts of late 2026).
 */
import { bootstrapModels, kiroModel } from "../formats/kiro/known-models.ts";
import { kiroEndpoint } from "./kiro.ts";
import { chatFeatures, type Rows } from "./row.ts";

/** What coding assistants do today; `seedCapabilities` keeps what the seed said of them. */
const assistant = { streaming: true, functions: true, vision: true, codeGeneration: true } as const;

export const proprietaryRows = {
  kiro: {
    type: "kiro",
    kind: "proprietary",
    description: "AWS Kiro (CodeWhisperer): code generation with an AWS Builder ID or Identity Center login",
    tags: ["code", "login", "aws"],
    // Seed: https://codeguru.amazonaws.com with the model codeguru-codegen; neither exists.
    endpoint: kiroEndpoint,
    authType: "oauth_device_flow",
    features: assistant,
    models: bootstrapModels.map((name) => ({
      name,
      maxTokens: kiroModel(name).window,
      supportsFunctions: true,
      supportsStreaming: true,
    })),
  },
  copilot: {
    type: "copilot",
    kind: "proprietary",
    description: "GitHub Copilot: models of several makers with a GitHub login; quota for each login",
    tags: ["code", "login", "many-models", "quota"],
    // The seed's model, copilot-codegen, does not exist; the service lists its own.
    endpoint: "https://api.githubcopilot.com",
    authType: "oauth_device_flow",
    features: assistant,
  },
  roocode: {
    type: "openai-compatible",
    kind: "proprietary",
    description: "Roo Code's model router: code generation, explanation, refactoring",
    tags: ["code", "explain", "refactor"],
    // Seed: https://api.roocode.ai; the program itself asks this one.
    endpoint: "https://api.roocode.com/proxy/v1",
    authType: "api_key",
    features: { ...chatFeatures, codeGeneration: true },
  },
  kiloai: {
    type: "openai-compatible",
    kind: "proprietary",
    description: "Kilo's gateway: custom models, enterprise deployments; free models without a key",
    tags: ["custom-models", "enterprise", "many-models"],
    // Seed: https://api.kiloai.io. Its paths have no version segment.
    endpoint: "https://api.kilo.ai/api/openrouter",
    authType: "api_key",
    features: chatFeatures,
  },
  minimax: {
    type: "anthropic-compatible",
    kind: "proprietary",
    description: "MiniMax, a Chinese provider: bilingual, fast, cost-effective",
    tags: ["bilingual", "chinese", "fast", "cheap"],
    // Seed: https://api.minimax.chat, the host in China before api.minimaxi.com; written so (or with /v1), it is Chat.
    endpoint: "https://api.minimax.io/anthropic/v1",
    authType: "api_key",
    features: chatFeatures,
    serves: ["MiniMax-*", "minimax-*"],
  },
  "gemini-cli": {
    type: "gemini-cli",
    kind: "proprietary",
    description: "Google's Code Assist backend with a Gemini CLI login",
    tags: ["code", "login", "long-context"],
    endpoint: "https://cloudcode-pa.googleapis.com",
    authType: "oauth_pkce",
    features: { ...assistant, multimodal: true },
    serves: ["gemini-*"],
  },
  antigravity: {
    type: "antigravity",
    kind: "proprietary",
    description: "Google's Code Assist backend with an Antigravity login: Gemini and Claude models",
    tags: ["code", "login", "many-models"],
    endpoint: "https://daily-cloudcode-pa.googleapis.com",
    moreEndpoints: ["https://daily-cloudcode-pa.sandbox.googleapis.com", "https://cloudcode-pa.googleapis.com"],
    authType: "oauth_pkce",
    features: { ...assistant, multimodal: true },
  },
  codex: {
    type: "codex",
    kind: "proprietary",
    description: "OpenAI's Codex backend with a ChatGPT login",
    tags: ["code", "login", "thinking"],
    endpoint: "https://chatgpt.com/backend-api/codex",
    authType: "oauth_pkce",
    features: assistant,
  },
  cursor: {
    type: "cursor",
    kind: "proprietary",
    description: "Cursor's backend with the login of the Cursor editor",
    tags: ["code", "login", "many-models"],
    endpoint: "https://api2.cursor.sh",
    authType: "import",
    features: assistant,
  },
  qwen: {
    type: "qwen",
    kind: "proprietary",
    description: "Qwen's coding models with a Qwen login",
    tags: ["code", "chinese", "login"],
    endpoint: "https://portal.qwen.ai/v1",
    authType: "oauth_device_flow",
    features: chatFeatures,
  },
} as const satisfies Rows;
