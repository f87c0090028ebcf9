/** A login by a code that is confirmed elsewhere (RFC 8628): at GitHub, Qwen and Kimi by the book, at AWS in its own words. */
import { isLoopback, type ServiceInForce } from "./resolve.ts";
import { awaitDevice, polledFailure, type Polled } from "./device-flow.ts";
import type { Extra } from "./complete.ts";
import { askDeviceCode, redeemDeviceCode, type DeviceCode, type GrantResult } from "./grants.ts";
import { askKiroCode, builderIdStart, redeemKiroCode, registerKiro } from "./kiro-sso.ts";
import { maxWaitMs, outcomeOf, questionMs, type BeginResult, type FlowTools, type LoginOutcome } from "./login-flow.ts";
import { createPkce } from "./pkce.ts";
import { withDeadline } from "./wait.ts";

export interface KiroWish {
  readonly startUrl: string;
  readonly region: string;
}

export async function beginDeviceLogin(
  tools: FlowTools,
  service: ServiceInForce,
  signal: AbortSignal,
): Promise<BeginResult> {
  const pkce = service.pkce ? createPkce(tools.random) : null;
  const asked = await withDeadline(tools.after, questionMs, signal, (inTime) =>
    askDeviceCode(tools, service, pkce?.challenge ?? null, inTime),
  );
  if (!asked.ok) return { ok: false, message: asked.failure.message };
  const { code } = asked;
  return begun(tools, service, code, signal, {}, (inTime) =>
    redeemDeviceCode(tools, service, code.deviceCode, pkce?.verifier ?? null, inTime),
  );
}

export async function beginKiroLogin(
  tools: FlowTools,
  service: ServiceInForce,
  { startUrl, region }: KiroWish,
  signal: AbortSignal,
): Promise<BeginResult> {
  const registered = await withDeadline(tools.after, questionMs, signal, (inTime) =>
    registerKiro(tools, service, startUrl, inTime),
  );
  if (!registered.ok) return { ok: false, message: registered.failure.message };
  const { registration } = registered;
  const asked = await withDeadline(tools.after, questionMs, signal, (inTime) =>
    askKiroCode(tools, service, registration, startUrl, inTime),
  );
  if (!asked.ok) return { ok: false, message: asked.failure.message };
  const { code } = asked;
  return begun(tools, service, code, signal, { ...registration }, async (inTime) => {
    const granted = await redeemKiroCode(tools, service, registration, code.deviceCode, inTime);
    if (!granted.ok) return granted;
    // In the words of Kiro's own file.
    const identity = startUrl === builderIdStart ? "BuilderId" : "Enterprise";
    const facts = { ...granted.tokens.facts, region, authMethod: "IdC", identity };
    return { ok: true, tokens: { ...granted.tokens, facts } };
  });
}

function begun(
  tools: FlowTools,
  service: ServiceInForce,
  code: DeviceCode,
  signal: AbortSignal,
  extra: Extra,
  redeem: (signal: AbortSignal) => Promise<GrantResult>,
): BeginResult {
  // Somebody will open it: nothing but a web page.
  if (!isPage(code.url) || (code.urlComplete !== null && !isPage(code.urlComplete))) {
    return { ok: false, message: `${service.title} named a page that is no https:// address` };
  }
  const poll = async (): Promise<Polled<GrantResult & { readonly ok: true }>> => {
    const granted = await withDeadline(tools.after, questionMs, signal, redeem);
    return granted.ok ? { type: "done", value: granted } : polledFailure(granted.failure, service.title);
  };
  const expiresInMs = Math.min(code.expiresInMs, maxWaitMs);
  const run = async (): Promise<LoginOutcome> => {
    const waited = await awaitDevice({
      poll,
      intervalMs: code.intervalMs,
      expiresInMs,
      clock: tools.clock,
      after: tools.after,
      signal,
    });
    return waited.type === "done" ? outcomeOf(tools, service, waited.value, signal, extra) : waited;
  };
  return {
    ok: true,
    begun: {
      kind: "device",
      url: code.url,
      urlComplete: code.urlComplete,
      userCode: code.userCode,
      expiresInMs,
      paste: null,
      outcome: run(),
    },
  };
}

function isPage(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.hostname));
}
