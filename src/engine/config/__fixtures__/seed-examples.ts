/** The configuration examples of the seed (cliproxyapi++: SPEC.md, USER.md), verbatim: whoever has such a file may bring it along. */
export const seedExamples = {
  claude: `providers:
  claude:
    type: "claude"
    enabled: true
    auth_type: "api_key"
    endpoint: "https://api.anthropic.com"
    models:
      - name: "claude-3-5-sonnet"
        enabled: true
        max_tokens: 200000
        supports_functions: true
        supports_streaming: true
    features:
      streaming: true
      functions: true
      vision: true
      code_generation: true
    limits:
      requests_per_minute: 60
      tokens_per_minute: 40000
`,
  gemini: `providers:
  gemini:
    type: "gemini"
    enabled: true
    auth_type: "api_key"
    endpoint: "https://generativelanguage.googleapis.com"
    models:
      - name: "gemini-1.5-pro"
        enabled: true
        max_tokens: 1000000
    features:
      streaming: true
      functions: true
      vision: true
      multimodal: true
`,
  openai: `providers:
  openai:
    type: "openai"
    enabled: true
    auth_type: "api_key"
    endpoint: "https://api.openai.com"
    models:
      - name: "gpt-4-turbo"
        enabled: true
        max_tokens: 128000
`,
  openrouter: `providers:
  openrouter:
    type: "openrouter"
    enabled: true
    auth_type: "api_key"
    endpoint: "https://openrouter.ai/api"
    models:
      - name: "anthropic/claude-3.5-sonnet"
        enabled: true
`,
  together: `providers:
  together:
    type: "together"
    enabled: true
    auth_type: "api_key"
    endpoint: "https://api.together.xyz"
`,
  fireworks: `providers:
  fireworks:
    type: "fireworks"
    enabled: true
    auth_type: "api_key"
    endpoint: "https://api.fireworks.ai"
`,
  kiro: `providers:
  kiro:
    type: "kiro"
    enabled: true
    auth_type: "oauth_device_flow"
    endpoint: "https://codeguru.amazonaws.com"
    models:
      - name: "codeguru-codegen"
        enabled: true
    features:
      code_generation: true
`,
  copilot: `providers:
  copilot:
    type: "copilot"
    enabled: true
    auth_type: "oauth_device_flow"
    endpoint: "https://api.githubcopilot.com"
    models:
      - name: "copilot-codegen"
        enabled: true
    features:
      code_generation: true
`,
  roocode: `providers:
  roocode:
    type: "roocode"
    enabled: true
    auth_type: "api_key"
    endpoint: "https://api.roocode.ai"
`,
  kiloai: `providers:
  kiloai:
    type: "kiloai"
    enabled: true
    auth_type: "api_key"
    endpoint: "https://api.kiloai.io"
`,
  minimax: `providers:
  minimax:
    type: "minimax"
    enabled: true
    auth_type: "api_key"
    endpoint: "https://api.minimax.chat"
`,
  "custom mappings": `providers:
  custom:
    type: "custom"
    model_mappings:
      "gpt-4": "my-provider-v1-large"
      "gpt-3.5-turbo": "my-provider-v1-medium"
`,
  "a new provider": `providers:
  myprovider:
    type: "myprovider"
    enabled: false
    auth_type: "api_key"
    endpoint: "https://api.myprovider.com"
    models:
      - name: "my-model-v1"
        enabled: true
        max_tokens: 4096
`,
  "a direct key": `claude-api-key:
  - api-key: "sk-ant-..."
    prefix: "claude-prod"
`,
  "an aggregator": `openrouter:
  - api-key: "sk-or-v1-..."
    base-url: "https://openrouter.ai/api/v1"
    prefix: "or"
`,
  "an OpenAI-compatible registry": `openai-compatibility:
  - name: "openrouter"
    prefix: "or"
    base-url: "https://openrouter.ai/api/v1"
    api-key-entries:
      - api-key: "sk-or-v1-..."
`,
  "a session": `kiro:
  - token-file: "~/.aws/sso/cache/kiro-auth-token.json"
`,
} as const;
