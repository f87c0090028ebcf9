/** What is still to be asked once a grant has given tokens, so that calls can be made with them. */
import type { Secret } from "../../../base/secret.ts";
import type { Tokens } from "../credential.ts";
import { exchangeForCopilot } from "./copilot-token.ts";
import { some } from "./facts.ts";
import { findProject } from "./google-project.ts";
import type { GrantTools } from "./grants.ts";
import { withIflowKey } from "./iflow-key.ts";
import { withKiroProfile } from "./kiro-profile.ts";
import type { ServiceInForce } from "./resolve.ts";
import type { After } from "./wait.ts";

export type Extra = Readonly<Record<string, Secret>>;

export type Completed =
  | { readonly ok: true; readonly tokens: Tokens; readonly extra: Extra }
  | { readonly ok: false; readonly message: string };

export async function completeLogin(
  tools: GrantTools & { readonly after: After },
  service: ServiceInForce,
  tokens: Tokens,
  signal: AbortSignal,
): Promise<Completed> {
  switch (service.id) {
    case "kiro":
      return { ok: true, tokens: await withKiroProfile(tools, service, tokens, signal), extra: {} };
    case "copilot": {
      const github = tokens.accessToken;
      const exchanged = await exchangeForCopilot(tools, service, github, signal);
      if (!exchanged.ok) return { ok: false, message: exchanged.failure.message };
      // What redeems the next token: GitHub's refresh token where its own ends, else that one itself.
      const refreshToken = tokens.refreshToken ?? github;
      return { ok: true, tokens: { ...exchanged.tokens, refreshToken }, extra: { githubToken: github } };
    }
    case "gemini-cli":
    case "antigravity": {
      const found = await findProject(tools, service, tokens.accessToken, signal);
      if (!found.ok) return found;
      const facts = { ...tokens.facts, ...some({ project: found.project, plan: found.plan }) };
      return { ok: true, tokens: { ...tokens, facts }, extra: {} };
    }
    case "iflow": {
      const keyed = await withIflowKey(tools, service, tokens, signal);
      return keyed.ok ? { ok: true, tokens: keyed.tokens, extra: {} } : { ok: false, message: keyed.failure.message };
    }
    case "claude":
    case "codex":
    case "qwen":
    case "kimi":
    case "cursor":
    case "kiro-social":
      return { ok: true, tokens, extra: {} };
  }
}
