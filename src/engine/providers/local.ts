/** Servers on this machine. Other servers than Ollama are `openai-compatible` entries of the file. */
import { chatFeatures, type Rows } from "./row.ts";

export const localRows = {
  "ollama-local": {
    type: "openai-compatible",
    kind: "local",
    description: "Ollama on this machine: open models, nothing leaves it",
    tags: ["local", "open-models", "free"],
    endpoint: "http://127.0.0.1:11434/v1",
    authType: "none",
    features: chatFeatures,
  },
} as const satisfies Rows;
