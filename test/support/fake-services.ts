/**
 * What coding clients ask besides the model (late 2026): accounts, settings, lists of models, telemetry. The real services
 * are the clients' own business and pass through Switchyard untouched; here one server on loopback plays them all, told
 * apart by the Host header. It serves no model: a model call that reaches it was not rerouted, and is remembered as such.
 */
import { type IncomingMessage, type ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Identity } from "./fake-ca.ts";

export interface FakeServices {
  readonly port: number;
  /** `METHOD host/path` of everything asked so far, without queries. */
  readonly asked: readonly string[];
  /** Those among them that only a provider answers. */
  readonly modelCalls: readonly string[];
  close(): Promise<void>;
}

/** The ChatGPT account that the fake logins belong to. */
export const chatGptAccount = "11111111-2222-4333-8444-555555555555";

/** Every host that is played here. The names a client reaches without `intercept` are tunnelled to it all the same. */
export const serviceHosts: readonly string[] = [
  "chatgpt.com",
  "ab.chatgpt.com",
  "auth.openai.com",
  "api.github.com",
  "api.githubcopilot.com",
  "telemetry.individual.githubcopilot.com",
  "cloudcode-pa.googleapis.com",
  "oauth2.googleapis.com",
  "www.googleapis.com",
  "play.googleapis.com",
  "models.opencode.ai",
  "api.anthropic.com",
];

type Service = (request: IncomingMessage, reply: ServerResponse, path: string) => boolean;

const services: Readonly<Record<string, Service>> = {
  "chatgpt.com": (_request, reply, path) => {
    // Without this answer, complete, Codex never asks a model ("workspace routing discovery").
    if (path !== "/backend-api/wham/accounts/check") return false;
    const account = {
      id: chatGptAccount,
      account_user_id: `user-fake__${chatGptAccount}`,
      structure: "personal",
      plan_type: "plus",
      workspace_backend_origin: "https://chatgpt.com",
      account_routing_override: "NO_CONSTRAINT",
    };
    return json(reply, { accounts: [account], account_ordering: [chatGptAccount], default_account_id: chatGptAccount });
  },
  "api.github.com": (_request, reply, path) => {
    if (path !== "/copilot_internal/user") return false;
    return json(reply, {
      login: "fake-user",
      access_type_sku: "monthly_subscriber_quota",
      analytics_tracking_id: "fake",
      assigned_date: null,
      can_signup_for_limited: false,
      chat_enabled: true,
      cli_enabled: true,
      copilot_plan: "individual",
      organization_login_list: [],
      organization_list: [],
      endpoints: {
        api: "https://api.githubcopilot.com",
        "origin-tracker": "https://origin-tracker.individual.githubcopilot.com",
        proxy: "https://proxy.individual.githubcopilot.com",
        telemetry: "https://telemetry.individual.githubcopilot.com",
      },
    });
  },
  "api.githubcopilot.com": (_request, reply, path) =>
    path === "/models" && json(reply, { object: "list", data: copilotModels }),
  "cloudcode-pa.googleapis.com": (_request, reply, path) => {
    switch (path) {
      case "/v1internal:loadCodeAssist": {
        const tier = { id: "free-tier", name: "Gemini Code Assist for individuals", isDefault: true };
        return json(reply, { currentTier: tier, allowedTiers: [tier], cloudaicompanionProject: "fake-project" });
      }
      case "/v1internal:retrieveUserQuota":
        return json(reply, { buckets: [] });
      case "/v1internal:listExperiments":
        return json(reply, { experimentIds: [], flags: [] });
      default:
        return false;
    }
  },
  "oauth2.googleapis.com": (_request, reply, path) => {
    if (path === "/token")
      return json(reply, { access_token: "ya29.fake-renewed", expires_in: 3599, token_type: "Bearer" });
    return (
      path === "/tokeninfo" &&
      json(reply, {
        email: "fake@example.com",
        expires_in: "3500",
        scope: "https://www.googleapis.com/auth/cloud-platform",
      })
    );
  },
  "www.googleapis.com": (_request, reply, path) =>
    path === "/oauth2/v2/userinfo" && json(reply, { id: "1", email: "fake@example.com", verified_email: true }),
  // opencode brings a list of its own along for when this one is empty.
  "models.opencode.ai": () => false,
};

/** Only these names are known to the program, and it refuses a model whose limits are below its own. */
const copilotModels = [
  copilotModel("gpt-5", "OpenAI", ["/responses"]),
  copilotModel("claude-sonnet-5", "Anthropic", ["/v1/messages", "/chat/completions"]),
];

function copilotModel(id: string, vendor: string, endpoints: readonly string[]): object {
  return {
    id,
    name: id,
    object: "model",
    vendor,
    version: id,
    preview: false,
    model_picker_enabled: true,
    is_chat_default: vendor === "OpenAI",
    is_chat_fallback: false,
    policy: { state: "enabled", terms: "" },
    supported_endpoints: endpoints,
    billing: { is_premium: false, multiplier: 1 },
    capabilities: {
      family: id,
      object: "model_capabilities",
      tokenizer: "o200k_base",
      type: "chat",
      limits: { max_context_window_tokens: 400_000, max_output_tokens: 128_000, max_prompt_tokens: 272_000 },
      supports: {
        parallel_tool_calls: true,
        streaming: true,
        structured_outputs: true,
        tool_calls: true,
        vision: true,
      },
    },
  };
}

/** The paths on which providers take model calls, whatever the host. */
const modelPath = /\/(?:messages|responses|completions)$|:(?:stream)?generateContent$/i;

export async function startFakeServices(identity: Identity): Promise<FakeServices> {
  const asked: string[] = [];
  const modelCalls: string[] = [];
  const server = createServer(identity, (request, reply) => {
    const path = (request.url ?? "/").split("?")[0] ?? "/";
    const host = (request.headers.host ?? "").replace(/:443$/, "");
    const name = `${request.method ?? ""} ${host}${path}`;
    asked.push(name);
    if (modelPath.test(path)) modelCalls.push(name);
    request.resume();
    request.on("end", () => {
      const service = Object.hasOwn(services, host) ? services[host] : undefined;
      if (service?.(request, reply, path) === true) return;
      // Telemetry is taken; of everything else the clients bear that it is not there.
      const isTelemetry = /telemetry|otlp|event|analytics|\/log$/.test(name);
      json(
        reply,
        isTelemetry ? {} : { message: "Not Found", error: { message: "Not Found", type: "not_found" } },
        isTelemetry ? 200 : 404,
      );
    });
    request.on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port, // a TCP listener has an AddressInfo
    asked,
    modelCalls,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function json(reply: ServerResponse, body: object, status = 200): true {
  // Copilot reads the request id as "this was GitHub, not a firewall".
  reply.writeHead(status, { "content-type": "application/json", "x-github-request-id": "FAKE:1:2:3:4" });
  reply.end(JSON.stringify(body));
  return true;
}
